// How exactly matrix products and convolutions of f32 tensors are computed on a GPU. One choice for the
// process, as for threads; nothing else depends on it.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string_view>

#include "core/device.h"

namespace saddle {

/// What becomes of the factors; sums are f32 in any case, and so are all tensors.
enum class Precision : uint8_t {
  fp32,  ///< stay as they are
  tf32,  ///< are rounded to 10 bits of fraction, for tensor cores
  bf16,  ///< are rounded to 7 bits of fraction, for tensor cores at twice the rate
};

/// `fp32`, `tf32`, `bf16`.
const char* name_of(Precision precision);
std::ostream& operator<<(std::ostream& out, Precision precision);

/// Parses a name. Throws UsageError for anything else.
Precision parse_precision(std::string_view text);

/// fp32 at start.
Precision precision();
void set_precision(Precision precision);
/// Sets the precision that `text` names, for work on `device`. Throws UsageError for another name, or where
/// the device has no tensor cores: the CPU computes in fp32.
void set_precision(std::string_view text, Device device);

}  // namespace saddle
