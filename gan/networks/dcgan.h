// The networks of Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
// Generative Adversarial Networks", ICLR 2016 (figure 1), with kernels of 4 as in the classic
// implementations. Sizes are powers of two from 16 to 256; a size twice as large has one layer more, and its
// innermost layer twice the channels, without bound: f size / 8, so 8 f at 64. Weights: init_normal
// (gan/networks/init.h). Both throw UsageError for other sizes, and unless all numbers are positive.
#pragma once
#include "gan/networks/extras.h"
#include "gan/networks/normalization.h"
#include "nn/modules/sequential.h"

namespace saddle {

struct DcganGeneratorOptions {
  int64_t size = 64;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t nz = 100;      ///< channels of the latents
  int64_t ngf = 64;      ///< channels before the last layer
  bool squash = true;    ///< end with tanh; without, with any numbers
  MakeNorm norm = {};    ///< in place of batch norm; empty: batch norm
};

/// [N, nz, 1, 1] -> [N, channels, size, size] in [-1, 1]. At size 64, f = ngf:
///
///   conv_transpose2d(nz -> 8f, 4, stride 1)             batch norm  relu    4x4
///   conv_transpose2d(8f -> 4f, 4, stride 2, padding 1)  batch norm  relu    8x8
///   conv_transpose2d(4f -> 2f, 4, stride 2, padding 1)  batch norm  relu    16x16
///   conv_transpose2d(2f -> f, 4, stride 2, padding 1)   batch norm  relu    32x32
///   conv_transpose2d(f -> channels, 4, stride 2, padding 1)         tanh    64x64
std::shared_ptr<nn::Sequential> dcgan_generator(const DcganGeneratorOptions& options);

struct DcganDiscriminatorOptions {
  int64_t size = 64;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t ndf = 64;      ///< channels after the first layer
  /// Other than by batch, each sample is judged by itself, as a gradient penalty wants it (Gulrajani et al.,
  /// NeurIPS 2017, section 4). With none, the layers that it followed have a bias.
  Normalization norm = Normalization::batch;
  /// Numbers that it gives for an image.
  int64_t outputs = 1;
};

/// [N, channels, size, size] -> logits [N], or [N, outputs] of several. At size 64, f = ndf:
///
///   conv2d(channels -> f, 4, stride 2, padding 1)             leaky relu    32x32
///   conv2d(f -> 2f, 4, stride 2, padding 1)       norm        leaky relu    16x16
///   conv2d(2f -> 4f, 4, stride 2, padding 1)      norm        leaky relu    8x8
///   conv2d(4f -> 8f, 4, stride 2, padding 1)      norm        leaky relu    4x4
///   conv2d(8f -> outputs, 4, stride 1)            flatten                   1x1
///
/// Minibatch discrimination compares what the last layer takes, flattened, and that layer then is linear,
/// with a bias.
std::shared_ptr<nn::Sequential> dcgan_discriminator(const DcganDiscriminatorOptions& options,
                                                    const DiscriminatorExtras& extras = {});

}  // namespace saddle
