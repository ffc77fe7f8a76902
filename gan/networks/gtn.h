// The networks of generative teaching: Such, Rawal, Lehman, Stanley and Clune, "Generative Teaching Networks:
// Accelerating Neural Architecture Search by Learning to Generate Synthetic Training Data", ICML 2020,
// appendix A.
#pragma once
#include "gan/networks/normalization.h"
#include "nn/modules/sequential.h"

namespace saddle {

struct GtnGeneratorOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t nz = 64;       ///< length of a latent
  int64_t ngf = 32;      ///< channels before the last convolution; 64 in the paper
  int64_t classes = 10;
};

/// Latents [N, nz] and classes i64 [N] -> images [N, channels, size, size] in [-1, 1]. With f = ngf:
///
///   the class joined
///   linear(nz + classes -> 16f)                               layer norm  leaky relu(0.1)
///   linear(16f -> 2f (size / 4)^2), as [2f, size/4, size/4]   layer norm  leaky relu(0.1)
///   enlarged twice, conv2d(2f -> f, 3, padding 1)             layer norm  leaky relu(0.1)   size / 2
///   enlarged twice, conv2d(f -> channels, 3, padding 1)       tanh                          size
///
/// The paper has batch normalisation and weight normalisation. Layers here normalise each sample by itself,
/// as a group norm of one group: then what is sampled, image by image, is what learners were taught with.
/// Throws UsageError unless the size is a multiple of 4 from 8 to 64 and the other numbers are positive.
std::shared_ptr<nn::Sequential> gtn_generator(const GtnGeneratorOptions& options);

struct GtnLearnerOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t width = 16;    ///< channels after the first convolution
  int64_t classes = 10;
  Normalization norm = Normalization::layer;  ///< not batch, which mixes images
};

/// Images [N, channels, size, size] -> logits [N, classes]. With f = width:
///
///   conv2d(channels -> f, 3, stride 2, padding 1)   norm        leaky relu(0.1)   size / 2
///   conv2d(f -> 2f, 3, stride 2, padding 1)         norm        leaky relu(0.1)   size / 4
///   linear(2f (size / 4)^2 -> 4f)                   layer norm  leaky relu(0.1)
///   linear(4f -> classes)
///
/// The paper's learners pool where these stride, and have batch norm without running statistics, with which
/// what is said of an image depends on those beside it. Before instance norm there is no bias. Without `norm`
/// there is no layer norm either. Weights: each layer's own rule. Throws UsageError as gtn_generator does,
/// and for batch normalisation.
std::shared_ptr<nn::Sequential> gtn_learner(const GtnLearnerOptions& options);

}  // namespace saddle
