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
  const auto usable = [](Device device) {
    DeviceRuntime* const its = runtime(device.type);
    return its && its->problem(device.index).empty();
  };
  if (text == "auto") return usable({DeviceType::cuda}) ? Device{DeviceType::cuda} : Device{};
  if (text == "cpu") return {};
  const Device device{name == "cuda" ? DeviceType::cuda : DeviceType::emulated,
                      std::stoi(std::string(index))};
  DeviceRuntime* const its = runtime(device.type);
  require<Error>(its, "device ", text, " is not part of this build; use --device cpu");
  const std::string problem = its->problem(device.index);
  require<Error>(problem.empty(), "device ", text, ": ", problem);
  return device;
}

}  // namespace saddle
