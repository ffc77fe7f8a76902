// Libraries that compute the same: oneDNN on the CPU, cuDNN and cuBLAS on a GPU, where the build and the
// machine have them. They serve here as a yardstick and nowhere else.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench/layers.h"
#include "core/precision.h"

namespace saddle::bench {

using Call = std::function<void()>;

/// One way of a peer's. Of all its ways the fastest counts.
struct Candidate {
  std::string name;
  std::function<Call()>
      make;  ///< allocates and prepares; it and the call throw Error if this way cannot be gone
};
using Candidates = std::vector<Candidate>;

enum class ConvKernel { forward, input_grad, weight_grad };

/// In whatever layout of images and weights suits the peer best: bringing them into it is not timed.
Candidates conv_peers(ConvKernel kernel, const ConvLayer& layer, Device device, Precision precision);
/// [m, k] x [k, n].
Candidates matmul_peers(int64_t m, int64_t n, int64_t k, Device device, Precision precision);
/// Who is asked on a device, with versions, or why nobody is.
std::string peers_on(Device device);

}  // namespace saddle::bench
