#include "kernels/gpu/emulator/memory.h"

#include <link.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace saddle::emulator {
namespace {

using Segments = std::vector<std::pair<uintptr_t, uintptr_t>>;

Segments loaded_segments() {
  Segments segments;
  const auto add_object = [](dl_phdr_info* object, size_t, void* out) {
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const auto& header = object->dlpi_phdr[i];
      const uintptr_t begin = object->dlpi_addr + header.p_vaddr;
      if (header.p_type == PT_LOAD) static_cast<Segments*>(out)->emplace_back(begin, begin + header.p_memsz);
    }
    return 0;
  };
  dl_iterate_phdr(add_object, &segments);
  return segments;
}

}  // namespace

Region& Memory::add(const void* begin, size_t bytes, bool shared, Contents contents, const char* name) {
  const auto first = reinterpret_cast<uintptr_t>(begin);
  require<UsageError>(bytes > 0, "emulator: ", name, " of 0 bytes");
  const auto next = regions_.lower_bound(first);
  const bool overlaps = (next != regions_.end() && next->second->begin < first + bytes) ||
                        (next != regions_.begin() && std::prev(next)->second->end > first);
  require<UsageError>(!overlaps, "emulator: ", name, " at ", begin, " (", bytes,
                      " bytes) overlaps other memory");
  auto region = std::make_unique<Region>(first, bytes, shared, contents, name);
  return *regions_.emplace_hint(next, first, std::move(region))->second;
}

void Memory::remove(const void* begin) {
  regions_.erase(reinterpret_cast<uintptr_t>(begin));
  std::fill(std::begin(recent_), std::end(recent_), nullptr);
}

void Memory::host_wrote(const void* begin) {
  const auto found = regions_.find(reinterpret_cast<uintptr_t>(begin));
  if (found == regions_.end()) return;
  found->second->shadow.reset();
  found->second->contents = Contents::written;
}

Region* Memory::find_slowly(uintptr_t address, size_t bytes) {
  const auto next = regions_.upper_bound(address);
  if (next == regions_.begin()) return nullptr;
  Region* const region = std::prev(next)->second.get();
  if (!region->holds(address, bytes)) return nullptr;
  recent_[next_recent_++ % std::size(recent_)] = region;
  return region;
}

std::string Memory::locate(uintptr_t address) const {
  const auto describe = [](const Region& region) {
    return concat(region.shared ? "shared memory '" : "'", region.name, "' (", region.end - region.begin,
                  " bytes)");
  };
  constexpr uintptr_t far = 4096;  // where a neighbour would say nothing
  const auto next = regions_.upper_bound(address);
  const Region* const after = next != regions_.end() ? next->second.get() : nullptr;
  const Region* const before = next != regions_.begin() ? std::prev(next)->second.get() : nullptr;
  if (before && address < before->end) return "across the end of " + describe(*before);
  const uintptr_t past = before ? address - before->end : far, ahead = after ? after->begin - address : far;
  if (std::min(past, ahead) >= far) return "in no memory of the device";
  return past <= ahead ? concat(past, " bytes past the end of ", describe(*before))
                       : concat(ahead, " bytes before ", describe(*after));
}

void Memory::forget_marks() {
  for (const auto& [begin, region] : regions_) {
    region->shadow.reset();
    region->contents = Contents::written;
  }
}

bool is_static_memory(uintptr_t address) {
  static Segments segments = loaded_segments();
  const auto known = [&] {
    return std::any_of(segments.begin(), segments.end(), [&](const auto& segment) {
      return address >= segment.first && address < segment.second;
    });
  };
  if (known()) return true;
  segments = loaded_segments();  // a library may have been loaded since
  return known();
}

}  // namespace saddle::emulator
