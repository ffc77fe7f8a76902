// Times kernels on the shapes that models give them.
#pragma once
#include <string>

namespace saddle::bench {

/// For each kernel of a family, or of all where `family` is empty: time, rate, and the share of what the
/// machine was measured to do at most. Throws UsageError for a family that there is none of.
void print_kernels(const std::string& family);

}  // namespace saddle::bench
