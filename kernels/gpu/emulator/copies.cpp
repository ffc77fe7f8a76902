// cp.async. The bytes move when the thread waits, or at once, as the order of the options has it: on a GPU
// they may move at any time in between, and shadow memory marks them so.
#include <algorithm>
#include <cstring>

#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {
namespace {

void move_bytes(const Copy& copy) {
  std::memcpy(copy.to, copy.from, static_cast<size_t>(copy.valid));
  std::memset(copy.to + copy.valid, 0, static_cast<size_t>(copy.bytes - copy.valid));
}

bool moves_at_once(Machine& m) {
  return m.options.order == Order::reverse || (m.options.order == Order::random && (m.random() & 1));
}

}  // namespace

void start_copy(void* shared, const void* global, int bytes, int valid) {
  const InEmulator here;
  const void* const code = __builtin_return_address(0);
  Machine& m = machine();
  const auto size = static_cast<size_t>(bytes);
  if (valid < 0 || valid > bytes)
    fail([&] {
      return concat("a cp.async at ", describe_code(code), " of ", valid, " of ", bytes, " bytes");
    });
  check_alignment(shared, size, "a cp.async", code);
  check_alignment(global, size, "a cp.async", code);
  check_access(global, static_cast<size_t>(valid), Access::read, code);
  check_access(shared, size, Access::copy, code);
  const Region* const target = m.memory.find(reinterpret_cast<uintptr_t>(shared), size);
  if (!target || !target->shared)
    fail([&] { return concat("a cp.async at ", describe_code(code), " whose target is not shared memory"); });
  Copy copy{
      static_cast<char*>(shared), static_cast<const char*>(global), bytes, valid, current->copy_group, false};
  if (moves_at_once(m)) {
    move_bytes(copy);
    copy.done = true;
  }
  current->copies.push_back(copy);
}

void commit_copies(Location where) {
  if (left_out(where)) return;
  ++current->copy_group;
}

void wait_for_copies(int pending, Location where) {
  const InEmulator here;
  if (left_out(where)) return;
  Thread& thread = *current;
  const auto landed = [&](const Copy& copy) {
    return copy.group < thread.copy_group && thread.copy_group - copy.group > static_cast<unsigned>(pending);
  };
  const auto end = std::find_if_not(thread.copies.begin(), thread.copies.end(), landed);
  for (auto copy = thread.copies.begin(); copy != end; ++copy) {
    if (!copy->done) move_bytes(*copy);
    land_copy(copy->to, static_cast<size_t>(copy->bytes));
  }
  thread.copies.erase(thread.copies.begin(), end);
}

}  // namespace saddle::emulator
