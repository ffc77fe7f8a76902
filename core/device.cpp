#include "core/device.h"

#include <algorithm>
#include <ostream>

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
  if (text == "auto" || text == "cpu") return {};
  const std::string_view name = text.substr(0, text.find(':'));
  const std::string_view index = text.size() > name.size() ? text.substr(name.size() + 1) : "0";
  const bool digits = !index.empty() && index.size() <= 3 &&
                      std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool known = (name == "cuda" && digits) || text == "emulated";
  require<UsageError>(known, "device '", text, "' is not one of auto, cpu, cuda, cuda:N, emulated");
  throw Error(concat("device ", text, " is not part of this build; use --device cpu"));
}

}  // namespace saddle
