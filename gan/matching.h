// Which of two ways to name the same things goes with which.
#pragma once
#include <cstdint>
#include <vector>

namespace saddle {

/// The one-to-one matching of greatest total value: p, a permutation of 0, 1, .. n - 1, for which the sum of
/// value[n i + p[i]] is greatest; of several, always the same one. Values are below 2^62 / n in size. O(n^3):
/// the Hungarian method (Kuhn, Naval Research Logistics Quarterly 2, 1955), by shortest augmenting paths.
/// Throws ShapeError unless there are n^2 values.
std::vector<int64_t> best_matching(const std::vector<int64_t>& value, int64_t n);

}  // namespace saddle
