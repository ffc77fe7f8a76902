// Loading saved tensors into live ones by name: for modules, optimisers and whatever else holds state.
#pragma once
#include <string>
#include <vector>

#include "core/named_tensors.h"

namespace saddle::nn {

/// strict: everything must fit, or nothing is loaded. lenient: what fits is loaded.
enum class Strictness { strict, lenient };

/// What did not fit.
struct LoadReport {
  struct Mismatch {
    std::string name;
    std::string own, given;  ///< dtype and shape: `f32[64,3,4,4]`
  };
  std::vector<std::string> missing;     ///< live, but not in the state
  std::vector<std::string> unexpected;  ///< in the state, but not live
  std::vector<Mismatch> mismatched;     ///< in both, but of another shape or kind of dtype

  bool complete() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
  /// One line: `missing 0.weight, 0.bias; unexpected 7.weight; mismatched 1.weight (own f32[3], given
  /// f32[4])`.
  std::string str() const;
};

/// Overwrites the elements of `live` with those of the same name in `state`, on any device; one float dtype
/// converts to another. Memory stays where it is, so whoever shares it sees the new values. strict throws
/// Error that begins with `what` and lists all that does not fit; then no element has changed.
LoadReport load_tensors(const std::string& what, const NamedTensors& live, const NamedTensors& state,
                        Strictness strictness = Strictness::strict);

}  // namespace saddle::nn
