#include "core/device.h"

#include <algorithm>
#include <ostream>

#include "core/device_runtime.h"
#include "core/error.h"

namespace saddle {

std::string Device::str() const {
  switch (type) {
    case DeviceType::cpu:
      return "cpu";
    case DeviceType::cuda:
      return concat("cuda:", index);
    case DeviceType::emulated:
      return "emulated";
  }
  return "?";
}

std::ostream& operator<<(std::ostream& out, Device device) {
  return out << device.str();
}

Device parse_device(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  const std::string_view index = text.size() > name.size() ? text.substr(name.size() + 1) : "0";
  const bool digits = !index.empty() && index.size() <= 3 &&
                      std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool known = text == "auto" || text == "cpu" || text == "emulated" || (name == "cuda" && digits);
  require<UsageError>(known, "device '", text, "' is not one of auto, cpu, cuda, cuda:N, emulated");
  if (text == "cpu") return {};
  const Device device{text == "emulated" ? DeviceType::emulated : DeviceType::cuda,
                      std::stoi(std::string(index))};
  const std::string missing = why_missing(device);
  if (text == "auto") return missing.empty() ? device : Device{};
  require<Error>(missing.empty(), "device ", text, missing, runtime(device.type) ? "" : "; use --device cpu");
  return device;
}

}  // namespace saddle
