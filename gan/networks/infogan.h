// The networks for MNIST of Chen et al., "InfoGAN: Interpretable Representation Learning by Information
// Maximizing Generative Adversarial Nets", NeurIPS 2016, appendix C.1. Sizes are multiples of 4 from 8 to 64.
// Weights: init_normal (gan/networks/init.h). Both throw UsageError for other sizes, and unless all numbers
// are positive.
#pragma once
#include "nn/modules/sequential.h"

namespace saddle {

struct InfoGanGeneratorOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t nz = 74;       ///< length of the latents
  int64_t ngf = 64;      ///< channels before the last layer, f below
  int64_t width = 1024;  ///< width of the linear layer
};

/// [N, nz] -> [N, channels, size, size] in [-1, 1]:
///
///   linear(nz -> width)                                     batch norm  relu
///   linear(width -> 2f at size / 4)                         batch norm  relu    size / 4
///   conv_transpose2d(2f -> f, 4, stride 2, padding 1)        batch norm  relu    size / 2
///   conv_transpose2d(f -> channels, 4, stride 2, padding 1)  tanh                size
std::shared_ptr<nn::Sequential> infogan_generator(const InfoGanGeneratorOptions& options);

struct InfoGanDiscriminatorOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t ndf = 64;      ///< channels after the first layer, f below
  int64_t width = 1024;  ///< width of the linear layer
  int64_t codes = 12;    ///< numbers that are told of an image beside
};

/// [N, channels, size, size] -> [N, 1 + codes], Heads (gan/networks/heads.h) on shared layers; leaky relu
/// (0.1) after each layer but the last ones:
///
///   conv2d(channels -> f, 4, stride 2, padding 1)                    size / 2
///   conv2d(f -> 2f, 4, stride 2, padding 1)        batch norm        size / 4
///   linear(2f at size / 4 -> width)               batch norm
///   linear(width -> 1)  |  linear(width -> 128)  batch norm  linear(128 -> codes)
std::shared_ptr<nn::Module> infogan_discriminator(const InfoGanDiscriminatorOptions& options);

}  // namespace saddle
