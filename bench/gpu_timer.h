// How long a call takes on a device: by the GPU's own clock there, by the wall's elsewhere.
#pragma once
#include <functional>

#include "core/device.h"

namespace saddle::bench {

/// Median seconds of one call.
struct Times {
  double warm = 0;  ///< on a GPU: calls one after another, so that the second-level cache holds what fits it
  double cold = 0;  ///< on a GPU: of a call that finds nothing in that cache; elsewhere as `warm`
};

/// Calls f for about `budget` seconds, after calls that are not counted. f starts work on the device, or does
/// it.
Times time_on(Device device, const std::function<void()>& f, double budget);

}  // namespace saddle::bench
