// The plain convolutional networks of Miyato et al., "Spectral Normalization for Generative Adversarial
// Networks", ICLR 2018, table 3 (32: CIFAR-10, 48: STL-10). Sizes are multiples of 8 from 16 to 256. Weights:
// init_normal (gan/networks/init.h). Both throw UsageError for other sizes, and unless all numbers are
// positive.
#pragma once
#include "gan/networks/normalization.h"
#include "nn/modules/sequential.h"

namespace saddle {

struct SnganCnnGeneratorOptions {
  int64_t size = 32;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t nz = 128;      ///< length of the latents
  int64_t ngf = 64;      ///< channels before the last layer
  MakeNorm norm = {};    ///< in place of batch norm; empty: batch norm
};

/// [N, nz] -> [N, channels, size, size] in [-1, 1], f = ngf:
///
///   linear(nz -> 8f)                                                        size / 8
///   conv_transpose2d(8f -> 4f, 4, stride 2, padding 1)  batch norm  relu    size / 4
///   conv_transpose2d(4f -> 2f, 4, stride 2, padding 1)  batch norm  relu    size / 2
///   conv_transpose2d(2f -> f, 4, stride 2, padding 1)   batch norm  relu    size
///   conv2d(f -> channels, 3, padding 1)                 tanh                size
std::shared_ptr<nn::Sequential> sngan_cnn_generator(const SnganCnnGeneratorOptions& options);

struct SnganCnnDiscriminatorOptions {
  int64_t size = 32;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t ndf = 64;      ///< channels after the first layer
  /// After all convolutions but the first.
  Normalization norm = Normalization::none;
};

/// [N, channels, size, size] -> logits [N], f = ndf; leaky relu (0.1) after each convolution:
///
///   conv2d(channels -> f, 3, padding 1)  conv2d(f -> f, 4, stride 2, padding 1)      size / 2
///   conv2d(f -> 2f, 3, padding 1)        conv2d(2f -> 2f, 4, stride 2, padding 1)    size / 4
///   conv2d(2f -> 4f, 3, padding 1)       conv2d(4f -> 4f, 4, stride 2, padding 1)    size / 8
///   conv2d(4f -> 8f, 3, padding 1)                                                   size / 8
///   flatten, linear
///
/// The spectral normalisation that gave it its name is the game's to add.
std::shared_ptr<nn::Sequential> sngan_cnn_discriminator(const SnganCnnDiscriminatorOptions& options);

}  // namespace saddle
