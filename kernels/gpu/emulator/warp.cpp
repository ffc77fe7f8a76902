// Operations of a whole warp: shuffles, votes, reductions, __syncwarp.
#include "kernels/gpu/emulator/warp.h"

#include <bit>
#include <cstring>

#include "kernels/gpu/emulator/ordering.h"

namespace saddle::emulator {
namespace {

[[noreturn]] void fail_mask(const char* name, unsigned mask, Location where, const char* which,
                            unsigned lanes) {
  fail([&] {
    return concat("wrong lane mask ", describe_mask(mask), " of ", name, " at ", describe(where), ": ", which,
                  " ", describe_mask(lanes));
  });
}

void check_mask(const Warp& warp, unsigned own, const char* name, unsigned mask, Location where) {
  if (!(mask & own)) fail_mask(name, mask, where, "it lacks the caller's own lane,", own);
  if (mask & ~warp.lanes) fail_mask(name, mask, where, "the block does not have lanes", mask & ~warp.lanes);
  if (mask & warp.returned) fail_mask(name, mask, where, "already returned have lanes", mask & warp.returned);
}

/// Whether all lanes of the mask wait at an operation for that mask.
bool all_came(const Thread* lanes, const Warp& warp, unsigned mask) {
  if (mask & ~warp.waiting) return false;
  for (unsigned rest = mask; rest; rest &= rest - 1)
    if (lanes[std::countr_zero(rest)].mask != mask) return false;
  return true;
}

}  // namespace

void run_warp_operation(const WarpOperation& operation, unsigned mask, void* record, Location where) {
  Machine& m = machine();
  Thread& thread = *current;
  Warp& warp = m.warps[thread.warp];
  check_mask(warp, 1u << thread.lane, operation.name, mask, where);
  thread.operation = &operation;
  thread.record = record;
  thread.mask = mask;
  thread.where = where;
  warp.waiting |= 1u << thread.lane;
  Thread* const lanes = &m.threads[thread.warp * warp_lanes];
  if (!all_came(lanes, warp, mask)) {
    wait(State::at_warp_operation, where);
    return;  // whoever came last has done it for all
  }
  void* records[warp_lanes] = {};
  for (unsigned rest = mask; rest; rest &= rest - 1) {
    const Thread& other = lanes[std::countr_zero(rest)];
    if (other.operation != &operation || other.where.line != where.line)
      fail([&] {
        return concat("divergent warp: ", operation.name, " at ", describe(where), " meets ",
                      other.operation->name, " at ", describe(other.where), " of ",
                      describe_thread(other.number));
      });
    records[other.lane] = other.record;
  }
  operation.combine(records, mask);
  for (unsigned rest = mask; rest; rest &= rest - 1) lanes[std::countr_zero(rest)].state = State::ready;
  warp.waiting &= ~mask;
}

void sync_warp(unsigned mask, Location where) {
  const InEmulator here;
  if (left_out(where)) return;
  static constexpr WarpOperation operation{
      "__syncwarp", [](void* const*, unsigned lanes) { order_lanes(machine(), current->warp, lanes); }};
  run_warp_operation(operation, mask, nullptr, where);
}

void shuffle(unsigned mask, void* value, size_t bytes, Shuffle kind, unsigned argument, int width,
             Location where) {
  const InEmulator here;
  struct Record {
    void* value;
    size_t bytes;
    unsigned source;
    uint64_t received[2];
  };
  static constexpr WarpOperation operation{
      "a shuffle", [](void* const* records, unsigned lanes) {
        const auto record = [&](unsigned lane) { return static_cast<Record*>(records[lane]); };
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (lanes >> lane & 1)
            std::memcpy(record(lane)->received, record(record(lane)->source)->value, record(lane)->bytes);
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (lanes >> lane & 1)
            std::memcpy(record(lane)->value, record(lane)->received, record(lane)->bytes);
      }};
  if (width < 1 || width > 32 || !std::has_single_bit(static_cast<unsigned>(width)))
    fail([&] {
      return concat("a shuffle at ", describe(where), " has width ", width, ", not a power of two up to 32");
    });
  const unsigned lane = current->lane, size = static_cast<unsigned>(width);
  const unsigned first = lane / size * size, last = first + size - 1;
  unsigned source = lane;  // a lane whose source would lie outside its segment keeps its own value
  switch (kind) {
    case Shuffle::index:
      source = first + argument % size;
      break;
    case Shuffle::up:
      source = lane - first >= argument ? lane - argument : lane;
      break;
    case Shuffle::down:
      source = last - lane >= argument ? lane + argument : lane;
      break;
    case Shuffle::exclusive_or:
      source = (lane ^ argument) <= last ? lane ^ argument : lane;
      break;
  }
  if ((mask >> lane & 1) && !(mask >> source & 1))
    fail([&] {
      return concat("wrong lane mask ", describe_mask(mask), " of a shuffle at ", describe(where),
                    ": it lacks the lane that is read, ", source);
    });
  Record record{value, bytes, source, {}};
  run_warp_operation(operation, mask, &record, where);
}

unsigned ballot(unsigned mask, bool predicate, Location where) {
  const InEmulator here;
  struct Record {
    bool predicate;
    unsigned votes;
  };
  static constexpr WarpOperation operation{
      "a vote", [](void* const* records, unsigned lanes) {
        unsigned votes = 0;
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if ((lanes >> lane & 1) && static_cast<Record*>(records[lane])->predicate) votes |= 1u << lane;
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (lanes >> lane & 1) static_cast<Record*>(records[lane])->votes = votes;
      }};
  Record record{predicate, 0};
  run_warp_operation(operation, mask, &record, where);
  return record.votes;
}

unsigned reduce_lanes(unsigned mask, unsigned value, LaneReduction reduction, Location where) {
  const InEmulator here;
  struct Record {
    unsigned value;
    LaneReduction reduction;
  };
  static constexpr WarpOperation operation{
      "a warp's reduction", [](void* const* records, unsigned lanes) {
        const auto combine = [](LaneReduction kind, unsigned a, unsigned b) -> unsigned {
          const int signed_a = static_cast<int>(a), signed_b = static_cast<int>(b);
          switch (kind) {
            case LaneReduction::add:
              return a + b;
            case LaneReduction::min_signed:
              return signed_a < signed_b ? a : b;
            case LaneReduction::max_signed:
              return signed_a > signed_b ? a : b;
            case LaneReduction::min_unsigned:
              return a < b ? a : b;
            case LaneReduction::max_unsigned:
              return a > b ? a : b;
            case LaneReduction::bit_and:
              return a & b;
            case LaneReduction::bit_or:
              return a | b;
            case LaneReduction::bit_xor:
              return a ^ b;
          }
          return 0;
        };
        const auto record = [&](unsigned lane) { return static_cast<Record*>(records[lane]); };
        const unsigned first = static_cast<unsigned>(std::countr_zero(lanes));
        unsigned result = record(first)->value;
        for (unsigned lane = first + 1; lane < warp_lanes; ++lane)
          if (lanes >> lane & 1) result = combine(record(first)->reduction, result, record(lane)->value);
        for (unsigned lane = 0; lane < warp_lanes; ++lane)
          if (lanes >> lane & 1) record(lane)->value = result;
      }};
  Record record{value, reduction};
  run_warp_operation(operation, mask, &record, where);
  return record.value;
}

}  // namespace saddle::emulator
