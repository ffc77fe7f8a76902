#include "tests/devices.h"

#include <catch2/catch.hpp>

#include "core/device_runtime.h"

#ifdef SADDLE_WITH_EMULATION
#include "kernels/gpu/emulator/emulator.h"
#endif

namespace saddle::test {

std::vector<Device> other_devices() {
  std::vector<Device> all;
  for (const Device device : {Device{DeviceType::emulated}, Device{DeviceType::cuda}})
    if (why_missing(device).empty()) all.push_back(device);
  return all;
}

void run_repeatedly(Device device, const std::function<void()>& run) {
#ifdef SADDLE_WITH_EMULATION
  if (device.type == DeviceType::emulated) {
    struct Restore {
      emulator::Options before = emulator::options();
      ~Restore() { emulator::options() = before; }
    } const restore;
    for (const auto order : {emulator::Order::forward, emulator::Order::reverse, emulator::Order::random}) {
      INFO("order " << static_cast<int>(order));
      emulator::options().order = order;
      run();
    }
    return;
  }
#endif
  static_cast<void>(device);
  run();
  run();
}

}  // namespace saddle::test
