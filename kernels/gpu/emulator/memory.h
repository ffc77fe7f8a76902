// The memory that kernels may touch: arrays that the host lent (emulator.h) and the running block's shared
// memory.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "kernels/gpu/emulator/emulator.h"
#include "kernels/gpu/emulator/shadow.h"

namespace saddle::emulator {

/// One array.
struct Region {
  uintptr_t begin, end;
  bool shared;
  Contents contents;
  const char* name;
  Shadow shadow;

  Region(uintptr_t first, size_t bytes, bool is_shared, Contents holds, const char* called)
      : begin(first),
        end(first + bytes),
        shared(is_shared),
        contents(holds),
        name(called),
        shadow(first, bytes) {}
  bool holds(uintptr_t address, size_t bytes) const { return address >= begin && address + bytes <= end; }
};

class Memory {
 public:
  /// Throws UsageError where the array is empty or overlaps another.
  Region& add(const void* begin, size_t bytes, bool shared, Contents contents, const char* name);
  void remove(const void* begin);
  /// What the array at `begin` holds counts as written; marks are forgotten.
  void host_wrote(const void* begin);

  /// The array that holds all the bytes, or null.
  Region* find(uintptr_t address, size_t bytes) {
    for (Region* region : recent_)
      if (region && region->holds(address, bytes)) return region;
    return find_slowly(address, bytes);
  }

  /// Where an address that no array holds lies: "4 bytes past the end of shared memory 'tile' (128 bytes)".
  std::string locate(uintptr_t address) const;

  /// All marks are forgotten, and what was never written counts as written.
  void forget_marks();

 private:
  Region* find_slowly(uintptr_t address, size_t bytes);

  std::map<uintptr_t, std::unique_ptr<Region>> regions_;  // by their first address
  Region* recent_[4] = {};                                // the last few found
  unsigned next_recent_ = 0;
};

/// Whether a constant or variable of the program, or of a library, lies there.
bool is_static_memory(uintptr_t address);

}  // namespace saddle::emulator
