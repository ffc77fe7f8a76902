// A pool of earlier fakes, which keeps the discriminator from forgetting them: Shrivastava et al., "Learning
// from Simulated and Unsupervised Images through Adversarial Training", CVPR 2017, section 2.3.
#pragma once
#include "autograd/variable.h"
#include "core/named_tensors.h"
#include "core/random.h"
#include "gan/augment/places.h"

namespace saddle {

struct ReplayOptions {
  double share = 0;    ///< of each batch of fakes, that comes from the pool; 0: there is none
  int64_t size = 512;  ///< images in the pool
};

class ReplayPool {
 public:
  /// An empty pool for images of that shape. Throws UsageError for options out of range.
  ReplayPool(const Shape& image, ReplayOptions options, Device device);

  /// The batch [N, image...] that the discriminator is shown: the first of the fakes, `share` of them, change
  /// places with one each of the pool; while a place there is empty, the fake itself stays in the batch too.
  /// All draws happen on the device. Throws UsageError if that is more than the pool holds.
  Variable exchange(const Variable& fakes, Generator& random);

  /// `images` and, 1 where there is one, `filled`.
  NamedTensors state() const { return {{"images", images_}, {"filled", filled_}}; }

 private:
  ReplayOptions options_;
  Tensor images_;  // [size, numbers of an image]
  Tensor filled_;  // [size, 1]
  Places places_;
};

}  // namespace saddle
