#include "gan/games/replay.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "core/error.h"

namespace saddle {

ReplayPool::ReplayPool(const Shape& image, ReplayOptions options, Device device) : options_(options) {
  require<UsageError>(options.share > 0 && options.share < 1 && options.size >= 1, "replay: a share of ",
                      options.share, " from a pool of ", options.size);
  images_ = Tensor::zeros({options.size, image.numel()}, DType::f32, device);
  filled_ = Tensor::zeros({options.size, 1}, DType::f32, device);
}

Variable ReplayPool::exchange(const Variable& fakes, Generator& random) {
  const NoGrad no_grad;
  const int64_t batch = fakes.size(0), size = options_.size;
  const auto count = std::llround(options_.share * static_cast<double>(batch));
  require<UsageError>(count <= size, "option 'replay-size': ", size, " images are fewer than the ", count,
                      " of a batch that come from them");
  if (count == 0) return fakes;

  // Fake number i has places i m to i m + m - 1 for its own, so that no two want the same.
  const int64_t each = size / count;
  const Variable place = random_whole({count}, 0, each - 1, random, fakes.device()) +
                         Variable(places_(count, fakes.device())) * static_cast<double>(each);
  const Variable index = cast(place, DType::i64);
  const Variable flat = reshape(fakes, {batch, -1}), given = slice(flat, 0, 0, count);
  const auto is_one = [](const Variable& x) { return gt(x, full_like(x, 0.5)); };
  const Variable taken =
      where(is_one(index_select(filled_, 0, index)), index_select(images_, 0, index), given);
  const Variable written = index_add(full_like(slice(given, 1, 0, 1), 1), 0, index, size);
  images_.copy_from(where(is_one(written), index_add(given, 0, index, size), images_).value());
  filled_.copy_from(maximum(filled_, written).value());
  Variables parts = {taken};
  if (count < batch) parts.push_back(slice(flat, 0, count, batch));
  return reshape(concat(parts, 0), std::span(fakes.shape().begin(), fakes.shape().end()));
}

}  // namespace saddle
