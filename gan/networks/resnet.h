// The residual networks of two papers, for images of 32x32, 48x48, 64x64 and 128x128:
//
// - SNGAN: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018, appendix
//   B.4 (32: CIFAR-10, 48: STL-10, 128: ImageNet) and the authors' code (64);
// - WGAN-GP: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, appendix F (32:
//   CIFAR-10) and the authors' code (64), whose widths at 48 and 128 follow the same rule.
//
// Their blocks are the same (gan/networks/residual_block.h), and so are initial weights: init_residual. All
// throw UsageError for other sizes, and unless all numbers are positive.
#pragma once
#include "gan/networks/residual_block.h"

namespace saddle {

struct ResidualGeneratorOptions {
  int64_t size = 32;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t nz = 128;      ///< length of the latents
  int64_t ngf = 64;      ///< f below
  MakeNorm norm = {};    ///< in the blocks; empty: batch norm
};

struct ResidualDiscriminatorOptions {
  int64_t size = 32;     ///< height and width of the images
  int64_t channels = 3;  ///< of the images
  int64_t ndf = 64;      ///< f below
  MakeNorm norm = {};    ///< in the blocks but one of images; empty: none
};

/// [N, nz] -> [N, channels, size, size] in [-1, 1]: a linear layer, blocks that double the image, then batch
/// norm, relu, conv2d(-> channels, 3, padding 1), tanh. Channels after each:
///
///   size   linear       blocks
///   32     4f at 4x4    4f   4f  4f
///   48     8f at 6x6    4f   2f  f
///   64     16f at 4x4   8f   4f  2f  f
///   128    16f at 4x4   16f  8f  4f  2f  f
std::shared_ptr<nn::Sequential> sngan_generator(const ResidualGeneratorOptions& options);

/// [N, channels, size, size] -> logits [N]: blocks that halve the image (v) or do not, the first of them of
/// images, then relu, the sum over all positions, and a linear layer. Channels after each block:
///
///   32     2fv  2fv  2f   2f
///   48     fv   2fv  4fv  8fv  16f
///   64     fv   2fv  4fv  8fv  16fv
///   128    fv   2fv  4fv  8fv  16fv  16f
///
/// The spectral normalisation that gave it its name is the game's to add.
std::shared_ptr<nn::Sequential> sngan_discriminator(const ResidualDiscriminatorOptions& options);
/// Its layers but the linear one: [N, channels, size, size] -> [N, sngan_width(ndf, size)].
std::shared_ptr<nn::Sequential> sngan_trunk(const ResidualDiscriminatorOptions& options);
/// Features that it judges images by.
int64_t sngan_width(int64_t f, int64_t size);

/// As sngan_generator:
///
///   32     2f at 4x4    2f  2f  2f
///   48     4f at 6x6    4f  2f  f
///   64     8f at 4x4    8f  4f  2f  f
///   128    8f at 4x4    8f  8f  4f  2f  f
std::shared_ptr<nn::Sequential> wgan_gp_generator(const ResidualGeneratorOptions& options);

/// [N, channels, size, size] -> outputs [N]. At 32, as sngan_discriminator, but with the mean over all
/// positions; else
///
///   conv2d(channels -> f, 3, padding 1)
///   48     2fv  4fv  4fv
///   64     2fv  4fv  8fv  8fv
///   128    2fv  4fv  8fv  8fv  8fv
///   flatten, linear
std::shared_ptr<nn::Sequential> wgan_gp_critic(const ResidualDiscriminatorOptions& options);

}  // namespace saddle
