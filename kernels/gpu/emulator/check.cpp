// Judges each access of a kernel to memory: does an array hold it, was it written, does it race?
#include <algorithm>

#include "kernels/gpu/emulator/machine.h"
#include "kernels/gpu/emulator/ordering.h"

namespace saddle::emulator {
namespace {

/// "reads", before the place.
const char* doing(Access access) {
  switch (access) {
    case Access::read:
      return "reads";
    case Access::write:
      return "writes";
    case Access::atomic:
      return "atomically updates";
    case Access::copy:
      return "starts a cp.async to";
  }
  return "";
}

/// "read", after the thread.
const char* done(Access access) {
  switch (access) {
    case Access::read:
      return "read";
    case Access::write:
      return "wrote";
    case Access::atomic:
      return "atomically updated";
    case Access::copy:
      return "copied to";
  }
  return "";
}

/// "shared memory 'tile' byte 132"
std::string describe_place(const Region& region, uintptr_t address) {
  return concat(region.shared ? "shared memory '" : "'", region.name, "' byte ", address - region.begin);
}

const void* whole_code(const void* nearby, uint32_t low) {
  const auto near = reinterpret_cast<uintptr_t>(nearby);
  const auto distance = static_cast<int32_t>(low - static_cast<uint32_t>(near));
  return reinterpret_cast<const void*>(near + static_cast<uintptr_t>(static_cast<intptr_t>(distance)));
}

/// One access, as it goes from cell to cell.
struct Check {
  Machine& m;
  Thread& thread;
  Region& region;
  Access access;
  const void* code;

  bool reads() const { return access == Access::read || access == Access::atomic; }

  void operator()(Cell& cell, uintptr_t address) const {
    const WriteMark& last = cell.write;
    const bool unwritten =
        region.shared ? last.time < m.block_start : last.time == 0 && region.contents == Contents::unwritten;
    if (unwritten) {
      if (reads()) fail_unwritten(address);
    } else if (last.time >= m.kernel_start) {
      if (last.access == Access::copy && last.time >= m.block_start) fail_copy(last, address);
      const bool both_atomic = access == Access::atomic && last.access == Access::atomic;
      if (!both_atomic && !before_now(last))
        fail_race(last.thread, last.time, last.access, last.code, address);
    }
    if (access == Access::read)
      mark_read(cell);
    else
      mark_write(cell, address);
  }

 private:
  bool before_now(const WriteMark& mark) const {
    return ordered(m, thread, mark.thread / warp_lanes, 1u << mark.thread % warp_lanes, mark.time);
  }
  /// Of shared memory, what other blocks read there was another array.
  bool before_now(const ReadMark& mark) const {
    return mark.time == 0 || (region.shared && mark.time < m.block_start) ||
           ordered(m, thread, mark.warp, mark.lanes, mark.time);
  }

  void mark_read(Cell& cell) const {
    for (ReadMark& mark : cell.reads)
      if (mark.time == thread.time && mark.warp == thread.warp) {
        mark.lanes |= 1u << thread.lane;
        return;
      }
    const bool same_warp = cell.reads[0].warp == thread.warp && cell.reads[0].time >= m.block_start;
    ReadMark& oldest = cell.reads[same_warp || before_now(cell.reads[0]) ? 0 : 1];
    oldest = {thread.time, code_mark(), 1u << thread.lane, thread.warp};
  }

  void mark_write(Cell& cell, uintptr_t address) const {
    for (ReadMark& mark : cell.reads) {
      if (!before_now(mark)) fail_race(unordered_thread(mark), mark.time, Access::read, mark.code, address);
      mark = {};
    }
    cell.write = {thread.time, code_mark(), static_cast<uint16_t>(thread.number), access, cell.write.split};
  }

  uint32_t code_mark() const { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(code)); }

  unsigned unordered_thread(const ReadMark& mark) const {
    for (unsigned lane = 0; lane < warp_lanes; ++lane)
      if ((mark.lanes >> lane & 1) && !ordered(m, thread, mark.warp, 1u << lane, mark.time))
        return mark.warp * warp_lanes + lane;
    return mark.warp * warp_lanes;
  }

  std::string now_doing(uintptr_t address) const {
    return concat(doing(access), " ", describe_place(region, address), " at ", describe_code(code));
  }
  [[noreturn]] void fail_unwritten(uintptr_t address) const {
    fail([&] { return now_doing(address) + ", which nobody has written"; });
  }
  [[noreturn]] void fail_copy(const WriteMark& mark, uintptr_t address) const {
    fail([&] {
      return concat(now_doing(address), " while the cp.async of ", describe_thread(mark.thread), " at ",
                    describe_code(whole_code(code, mark.code)), " may still write it (no wait in between)");
    });
  }
  [[noreturn]] void fail_race(unsigned other, uint32_t time, Access earlier, uint32_t other_code,
                              uintptr_t address) const {
    fail([&] {
      const auto next = std::upper_bound(m.block_starts.begin(), m.block_starts.end(), time);
      const uint64_t block = m.block_order[static_cast<size_t>(next - m.block_starts.begin()) - 1];
      const bool same_block = block == m.block_number();
      return concat("race: ", now_doing(address), ", which ", same_block ? "" : describe_block(block) + " ",
                    describe_thread(other), " ", done(earlier), " at ",
                    describe_code(whole_code(code, other_code)),
                    same_block ? ", with no barrier in between" : "; blocks are not ordered");
    });
  }
};

}  // namespace

void check_access(const void* address, size_t bytes, Access access, const void* code) {
  if (bytes == 0) return;
  const auto begin = reinterpret_cast<uintptr_t>(address);
  Machine& m = machine();
  Region* const region = m.memory.find(begin, bytes);
  if (region) {
    region->shadow.for_cells(begin, bytes, Check{m, *current, *region, access, code});
    return;
  }
  const bool is_argument = begin - reinterpret_cast<uintptr_t>(m.call->call) < m.call->call_bytes;
  if (access == Access::read && (is_argument || is_static_memory(begin))) return;
  fail([&] {
    return concat("out of bounds: ", doing(access), " ", bytes, " bytes at ", describe_code(code), ", ",
                  m.memory.locate(begin));
  });
}

void land_copy(const void* address, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(address);
  machine().memory.find(begin, bytes)->shadow.for_cells(begin, bytes, [](Cell& cell, uintptr_t) {
    cell.write.access = Access::write;
    cell.write.time = current->time;
  });
}

void fail_alignment(const void* address, size_t alignment, const char* operation, const void* code) {
  fail([&] {
    return concat("misaligned: ", operation, " at ", describe_code(code),
                  " needs an address that is a multiple of ", alignment, ", got one ",
                  reinterpret_cast<uintptr_t>(address) % alignment, " bytes past it");
  });
}

}  // namespace saddle::emulator
