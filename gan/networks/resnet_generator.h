// The residual generator of image translation: Johnson, Alahi and Fei-Fei, "Perceptual Losses for Real-Time
// Style Transfer and Super-Resolution", ECCV 2016, as Zhu et al., "Unpaired Image-to-Image Translation using
// Cycle-Consistent Adversarial Networks", ICCV 2017, appendix, use it: strides where there was pooling,
// reflection for padding, instance normalisation.
#pragma once
#include "nn/modules/sequential.h"

namespace saddle {

struct ResnetGeneratorOptions {
  int64_t in_channels = 3, out_channels = 3;  ///< of the images
  int64_t width = 64;                         ///< channels at full size
  int64_t blocks = 9;                         ///< residual ones; the paper takes 6 for images of 128x128
};

/// [N, in_channels, H, W] -> [N, out_channels, H, W] in [-1, 1]; H and W are multiples of 4 from 8 on. In the
/// paper's words, at f = width 64: c7s1-64, d128, d256, R256 times `blocks`, u128, u64, c7s1-3.
///
///   reflection pad 3  conv2d(in_channels -> f, 7)                          instance norm  relu  HxW
///   conv2d(f -> 2f, 3, stride 2, padding 1)                                instance norm  relu  H/2
///   conv2d(2f -> 4f, 3, stride 2, padding 1)                               instance norm  relu  H/4
///   x + blocks of:
///     reflection pad 1  conv2d(4f -> 4f, 3)                                instance norm  relu
///     reflection pad 1  conv2d(4f -> 4f, 3)                                instance norm        H/4
///   conv_transpose2d(4f -> 2f, 3, stride 2, padding 1, output_padding 1)   instance norm  relu  H/2
///   conv_transpose2d(2f -> f, 3, stride 2, padding 1, output_padding 1)    instance norm  relu  HxW
///   reflection pad 3  conv2d(f -> out_channels, 7)                         tanh                 HxW
///
/// A block's layers are named after its branch: `10.b.1.weight`. Weights: init_normal (gan/networks/init.h).
/// Throws UsageError unless channels and width are positive and blocks at least 0.
std::shared_ptr<nn::Sequential> resnet_generator(const ResnetGeneratorOptions& options = {});

}  // namespace saddle
