#include "kernels/kernel.h"

namespace saddle::kernels {
namespace {

std::vector<KernelEntry*>& registry() {
  static std::vector<KernelEntry*> entries;
  return entries;
}

}  // namespace

KernelEntry::KernelEntry(const char* kernel) : name(kernel) {
  registry().push_back(this);
}

const std::vector<KernelEntry*>& all_kernels() {
  return registry();
}

void throw_device_not_built(const char* kernel, Device device) {
  throw Error(concat(kernel, ": device ", device, " is not part of this build"));
}

}  // namespace saddle::kernels
