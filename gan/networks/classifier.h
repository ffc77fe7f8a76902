// A small convolutional classifier of our own, for images of 28 to 64 pixels: 3x3 convolutions with batch
// normalisation (Ioffe and Szegedy, ICML 2015) and global average pooling (Lin, Chen and Yan, "Network In
// Network", ICLR 2014).
#pragma once
#include "nn/modules/sequential.h"

namespace saddle {

struct ClassifierOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t width = 32;    ///< channels after the first convolution
  int64_t classes = 10;
};

/// Images [N, channels, size, size] -> logits [N, classes]. With f = width:
///
///   conv2d(channels -> f, 3, padding 1)           batch norm  relu    size
///   conv2d(f -> 2f, 3, stride 2, padding 1)       batch norm  relu    size / 2, rounded up
///   conv2d(2f -> 4f, 3, stride 2, padding 1)      batch norm  relu    size / 4
///   conv2d(4f -> 4f, 3, stride 2, padding 1)      batch norm  relu    and on, while more than 8 are left
///   mean over all positions, linear(4f -> classes)
///
/// Convolutions have no bias, which batch normalisation would take off. Weights: each layer's own rule.
/// Throws UsageError unless all numbers are positive.
std::shared_ptr<nn::Sequential> classifier_network(const ClassifierOptions& options);

}  // namespace saddle
