#include "core/device_runtime.h"

namespace saddle {

#ifdef SADDLE_WITH_CUDA
DeviceRuntime& cuda_runtime();
#endif
#ifdef SADDLE_WITH_EMULATION
DeviceRuntime& emulated_runtime();
#endif

DeviceRuntime* runtime(DeviceType type) {
#ifdef SADDLE_WITH_CUDA
  if (type == DeviceType::cuda) return &cuda_runtime();
#endif
#ifdef SADDLE_WITH_EMULATION
  if (type == DeviceType::emulated) return &emulated_runtime();
#endif
  static_cast<void>(type);
  return nullptr;
}

std::string why_missing(Device device) {
  if (device.is_host()) return "";
  DeviceRuntime* const its = runtime(device.type);
  if (!its) return " is not part of this build";
  const std::string problem = its->problem(device.index);
  return problem.empty() ? "" : ": " + problem;
}

void synchronize(Device device) {
  if (DeviceRuntime* const its = runtime(device.type)) its->synchronize(device);
}

}  // namespace saddle
