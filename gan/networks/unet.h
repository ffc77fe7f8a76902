// The generator of paired image translation: an encoder, a decoder, and skip connections between layers of
// the same size (Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017,
// section 3.2.1 and appendix; Ronneberger et al., MICCAI 2015).
#pragma once
#include "core/random.h"
#include "nn/module.h"

namespace saddle {

struct UnetOptions {
  int64_t in_channels = 3, out_channels = 3;  ///< of the images
  int64_t width = 64;                         ///< channels after the first layer
  int64_t downs = 8;                          ///< layers that halve the image: 8 for 256x256
};

/// [N, in_channels, H, W] -> [N, out_channels, H, W] in [-1, 1]; H and W are multiples of 2^downs. With f =
/// width, all convolutions 4x4, stride 2, padding 1:
///
///   down.0  conv2d(in_channels -> f)                                              H/2
///   down.1  leaky relu  conv2d(f -> 2f)    batch norm                             H/4
///   down.2  leaky relu  conv2d(2f -> 4f)   batch norm                             H/8
///   down.3  leaky relu  conv2d(4f -> 8f)   batch norm                             H/16
///    ...    leaky relu  conv2d(8f -> 8f)   batch norm
///   down.7  leaky relu  conv2d(8f -> 8f)                                          H/256
///   up.0    relu  conv_transpose2d(8f -> 8f)            batch norm                H/128
///    ...    relu  conv_transpose2d(16f -> 8f)           batch norm  dropout 0.5
///   up.4    relu  conv_transpose2d(16f -> 4f)           batch norm                H/8
///   up.5    relu  conv_transpose2d(8f -> 2f)            batch norm                H/4
///   up.6    relu  conv_transpose2d(4f -> f)             batch norm                H/2
///   up.7    relu  conv_transpose2d(2f -> out_channels)  tanh                      H
///
/// Each up but the first takes the output of the one before and, after it, that of the down of its size.
/// Dropout, the only noise, follows the ups of H/64 to H/16, the inner three of 8 downs; it draws from
/// `dropout`, which must outlive the network. Weights: init_normal (gan/networks/init.h). Throws UsageError
/// unless channels and width are positive and downs at least 4; forward throws ShapeError for other sizes.
std::shared_ptr<nn::Module> unet(const UnetOptions& options, Generator& dropout);

}  // namespace saddle
