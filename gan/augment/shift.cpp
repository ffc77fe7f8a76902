#include "gan/augment/shift.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/shape.h"

namespace saddle {

Variable RandomShift::operator()(const Variable& x, Generator& random) {
  require(x.rank() == 4 && x.dtype() == DType::f32, "shift: ", x.dtype(), x.shape(), " is not f32 [N,C,H,W]");
  const auto way = [&](int axis) {
    const auto longest = std::llround(options_.share * static_cast<double>(x.size(axis)));
    return random_whole({x.size(0), 1, 1, 1}, -longest, longest, random, x.device());
  };
  const Variable down = way(2), right = way(3);
  Variable mirrored;
  if (options_.flip) mirrored = random_whole({x.size(0), 1, 1, 1}, 0, 1, random, x.device());
  return move(move(x, 2, down, {}), 3, right, mirrored);
}

Variable RandomShift::move(const Variable& x, int axis, const Variable& way, const Variable& mirrored) {
  const int64_t extent = x.size(axis);
  const bool rows = axis == 2;
  // In the image with a border of zeros, which is where all places outside are taken from.
  const Variable padded = zero_pad2d(x, rows ? Pad2d{.top = 1, .bottom = 1} : Pad2d{.left = 1, .right = 1});
  const Variable places = reshape(places_(extent, x.device()), {1, 1, rows ? extent : 1, rows ? 1 : extent});
  Variable from = clamp(places - way + 1, 0, static_cast<double>(extent + 1));
  if (mirrored.defined()) from = from + mirrored * (static_cast<double>(extent + 1) - 2 * from);
  return gather(padded, axis, expand(cast(from, DType::i64), x.shape()));
}

}  // namespace saddle
