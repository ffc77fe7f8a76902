// The discriminator of image translation, which judges overlapping patches: Isola et al., "Image-to-Image
// Translation with Conditional Adversarial Networks", CVPR 2017, section 3.2.2 and appendix.
#pragma once
#include "gan/networks/normalization.h"
#include "nn/modules/sequential.h"

namespace saddle {

struct PatchganOptions {
  int64_t channels = 3;  ///< of the images; of input and output together where pairs are judged
  int64_t width = 64;    ///< channels after the first layer
  /// Layers that halve the image. A logit sees 16, 34, 70, 142, 286 pixels across with 1, 2, 3, 4, 5 of them.
  int64_t halvings = 3;
  Normalization norm = Normalization::instance;
};

/// [N, channels, H, W] -> logits [N, 1, H', W'], one a patch: 30x30 of images of 256x256. With 3 halvings and
/// f = width:
///
///   conv2d(channels -> f, 4, stride 2, padding 1)       leaky relu    H/2
///   conv2d(f -> 2f, 4, stride 2, padding 1)       norm  leaky relu    H/4
///   conv2d(2f -> 4f, 4, stride 2, padding 1)      norm  leaky relu    H/8
///   conv2d(4f -> 8f, 4, stride 1, padding 1)      norm  leaky relu    H/8 - 1
///   conv2d(8f -> 1, 4, stride 1, padding 1)                           H/8 - 2
///
/// With more halvings the width stays at 8f. Every convolution has a bias. Weights: init_normal
/// (gan/networks/init.h). Throws UsageError unless all numbers are positive.
std::shared_ptr<nn::Sequential> patchgan(const PatchganOptions& options = {});

}  // namespace saddle
