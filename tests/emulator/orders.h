// Runs a test in each order of threads.
#pragma once
#include <catch2/catch.hpp>

#include "kernels/gpu/emulator/emulator.h"

namespace saddle::test {

/// Calls f() in forward, reverse and several random orders, and sets the options back.
template <class F>
void in_each_order(F&& f) {
  const emulator::Options before = emulator::options();
  struct Restore {
    emulator::Options options;
    ~Restore() { emulator::options() = options; }
  } const restore{before};
  using emulator::Order;
  constexpr struct {
    Order order;
    uint64_t seed;
  } runs[] = {
      {Order::forward, 0}, {Order::reverse, 0}, {Order::random, 1}, {Order::random, 2}, {Order::random, 3}};
  for (const auto& [order, seed] : runs) {
    CAPTURE(static_cast<int>(order), seed);
    emulator::options().order = order;
    emulator::options().seed = seed;
    f();
  }
}

}  // namespace saddle::test
