// Where a tensor's bytes lie and its kernels run.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace saddle {

enum class DeviceType : uint8_t { cpu, cuda, emulated };

struct Device {
  DeviceType type = DeviceType::cpu;
  int index = 0;

  bool operator==(const Device&) const = default;
  /// True where the host reads the memory directly. It could read the emulated device's, which is therefore
  /// treated like a GPU's: what works on the one works on the other.
  bool is_host() const { return type == DeviceType::cpu; }
  /// `cpu`, `cuda:0`, `emulated`.
  std::string str() const;
};

std::ostream& operator<<(std::ostream& out, Device device);

/// Parses `auto`, `cpu`, `cuda`, `cuda:N`, `emulated`. Throws UsageError for anything else and Error for a
/// device that this build or machine does not have. `auto` is the best device there is.
Device parse_device(std::string_view text);

}  // namespace saddle
