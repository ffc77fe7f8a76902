// Times kernels on the shapes that models give them, beside libraries that compute the same.
#pragma once
#include <string>

namespace saddle::bench {

struct KernelsOptions {
  std::string family;  ///< empty: all
  std::string device = "cpu";
  std::string precision = "fp32";
  bool small = false;        ///< shapes cut down, and few calls; always so on the emulated device
  double peer_seconds = 10;  ///< after so long for a layer, no further way of the peer's is tried
};

/// A line for each kernel of a family and layer: time, rate, the share of what the machine was measured to do
/// at most, and the peer's best time; then geometric means over the layers. On a GPU the times are those with
/// a warm second-level cache, and "cold" those without. Throws UsageError for a family, device or precision
/// that there is none of.
void print_kernels(const KernelsOptions& options);

}  // namespace saddle::bench
