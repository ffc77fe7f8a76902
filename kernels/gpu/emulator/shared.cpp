// Shared memory. An array gets its place when the first thread of the kernel asks and keeps it from block to
// block; shadow memory knows that another block's contents are not this one's. Between arrays lie gaps that
// nobody may touch.
#include <sys/mman.h>

#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {
namespace {

constexpr size_t gap = 128;
constexpr size_t arena_bytes = 1 << 20;  // far more than any GPU has, for the gaps

void* add_array(Machine& m, const char* name, size_t bytes) {
  char* const begin = m.shared + m.shared_used + gap;
  if (begin + bytes + gap > m.shared + arena_bytes)
    fail([&] { return concat("no room for shared memory '", name, "' of ", bytes, " bytes"); });
  m.shared_used = (m.shared_used + gap + bytes + gap - 1) / gap * gap;
  return begin;
}

}  // namespace

void start_shared_memory() {
  Machine& m = machine();
  if (!m.shared) {
    void* const memory =
        mmap(nullptr, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require<OutOfMemory>(memory != MAP_FAILED, "emulator: no memory for shared memory");
    m.shared = static_cast<char*>(memory);
  }
  m.shared_used = m.static_used = 0;
  m.dynamic_shared = nullptr;
}

void end_shared_memory() {
  Machine& m = machine();
  for (const auto& [key, region] : m.shared_arrays) m.memory.remove(reinterpret_cast<void*>(region->begin));
  m.shared_arrays.clear();
}

void* shared_array(const void* key, const char* name, size_t bytes) {
  const InEmulator here;
  Machine& m = machine();
  for (const auto& [other, region] : m.shared_arrays)
    if (other == key) return reinterpret_cast<void*>(region->begin);
  m.static_used += bytes;
  if (m.static_used > m.options.static_shared ||
      m.static_used + m.call->dynamic_shared > m.options.all_shared)
    fail([&] {
      return concat("shared memory '", name, "' brings the block to ", m.static_used, " bytes declared and ",
                    m.call->dynamic_shared, " dynamic, of at most ", m.options.static_shared, " and ",
                    m.options.all_shared, " in all");
    });
  void* const begin = add_array(m, name, bytes);
  m.shared_arrays.emplace_back(key, &m.memory.add(begin, bytes, true, Contents::unwritten, name));
  return begin;
}

void* dynamic_shared() {
  const InEmulator here;
  Machine& m = machine();
  if (!m.dynamic_shared) {
    const size_t bytes = m.call->dynamic_shared;
    if (bytes == 0) fail([] { return "uses dynamic shared memory, of which the launch gave 0 bytes"; });
    m.dynamic_shared = add_array(m, "dynamic", bytes);
    m.shared_arrays.emplace_back(
        m.dynamic_shared, &m.memory.add(m.dynamic_shared, bytes, true, Contents::unwritten, "dynamic"));
  }
  return m.dynamic_shared;
}

}  // namespace saddle::emulator
