// The devices besides the CPU on which tests run, and how often.
#pragma once
#include <functional>
#include <vector>

#include "core/device.h"

namespace saddle::test {

/// Those that this build and machine have.
std::vector<Device> other_devices();

/// Calls run() in forward, reverse and random order of the emulated device's threads, or twice on a GPU. A
/// right kernel gives the same bits each time.
void run_repeatedly(Device device, const std::function<void()>& run);

}  // namespace saddle::test
