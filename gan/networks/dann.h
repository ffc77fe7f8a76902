// The networks for MNIST of Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 2016, figure
// 4a: a few large filters and no normalisation, by which images of one domain would change what is seen of
// the other's. Sizes are multiples of 4 from 16 to 64. Weights: each layer's own rule. All throw UsageError
// for other sizes, and unless all numbers are positive.
#pragma once
#include "nn/modules/sequential.h"

namespace saddle {

struct DannNetworkOptions {
  int64_t size = 28;            ///< height and width of the images
  int64_t channels = 1;         ///< of the images
  int64_t width = 32;           ///< channels after the first convolution
  int64_t hidden = 100;         ///< width of the linear layers between features and classes
  int64_t domain_hidden = 100;  ///< width of that between features and domain
  int64_t classes = 10;
};

/// Images [N, channels, size, size] -> features [N, 48 (size / 4 - 3)^2], if width f is 32:
///
///   conv2d(channels -> f, 5)   relu  max_pool2d(2)   (size - 4) / 2
///   conv2d(f -> 3f / 2, 5)     relu  max_pool2d(2)   size / 4 - 3
std::shared_ptr<nn::Sequential> dann_features(const DannNetworkOptions& options);

/// Features -> logits [N, classes]: two layers of `hidden` units, relu, and a last one.
std::shared_ptr<nn::Sequential> dann_classes(const DannNetworkOptions& options);

/// Features -> a logit [N] of the source: a layer of `domain_hidden` units, relu, and a last one.
std::shared_ptr<nn::Sequential> dann_domain(const DannNetworkOptions& options);

}  // namespace saddle
