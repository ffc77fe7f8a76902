// The convolutions of the models, the one list that kernels are timed on. A network is written here as its
// header in gan/networks/ (or its paper) writes it; a test holds those that are built against their weights.
#pragma once
#include <string>
#include <vector>

#include "gan/networks/dcgan.h"
#include "gan/networks/patchgan.h"
#include "gan/networks/resnet_generator.h"
#include "gan/networks/unet.h"
#include "kernels/conv.h"

namespace saddle::bench {

/// What a convolution's output passes through.
enum class Follows { nothing, batch_norm, instance_norm };

/// A layer as the convolution that it is, or whose input gradient it is: a transposed one takes `out`
/// channels and gives `in`.
struct ConvLayer {
  int64_t batch, in, image, out, kernel, stride, padding;  ///< images are square
  bool transposed;
  Follows follows;
  int64_t count = 1;  ///< such layers in a row

  Shape x() const { return {batch, in, image, image}; }
  Shape w() const { return {out, in, kernel, kernel}; }
  Shape y() const;
  kernels::Conv2dOptions options() const;
  /// What the layer gives, whichever way it goes.
  Shape output() const { return transposed ? x() : y(); }
  /// Of each of the three kernels, counted as sums of products.
  double operations() const;
  /// `64x3x64x64 - 64x32x32, 4x4 stride 2`.
  std::string str() const;
  /// Whether the kernels are called with the same shapes and options.
  bool same_call(const ConvLayer& other) const;
};

/// A network's layers in the order of its images' way, and where these have got to.
class Network {
 public:
  Network(std::string title, int64_t batch, int64_t channels, int64_t image)
      : name(std::move(title)), batch_(batch), channels_(channels), image_(image) {}

  Network& conv(int64_t out, int64_t kernel, int64_t stride, int64_t padding, Follows follows = {});
  Network& up(int64_t out, int64_t kernel, int64_t stride, int64_t padding, int64_t output_padding,
              Follows follows = {});
  /// The border that a padding layer puts around the image.
  Network& pad(int64_t border);
  /// Channels that a skip connection adds.
  Network& join(int64_t channels);
  /// An interpolated image.
  Network& resize(int64_t image);

  std::string name;
  std::vector<ConvLayer> layers;

 private:
  void push(const ConvLayer& layer);

  int64_t batch_, channels_, image_;
};

Network layers_of(const DcganGeneratorOptions& options, int64_t batch);
Network layers_of(const DcganDiscriminatorOptions& options, int64_t batch);
Network layers_of(const ResnetGeneratorOptions& options, int64_t batch, int64_t image);
Network layers_of(const PatchganOptions& options, int64_t batch, int64_t image);
Network layers_of(const UnetOptions& options, int64_t batch, int64_t image);
/// The synthesis network of Karras, Laine and Aila, "A Style-Based Generator Architecture for Generative
/// Adversarial Networks", CVPR 2019: two 3x3 convolutions at each size from 4x4, of 16 size_max / size
/// channels, `widest` at most.
Network stylegan_synthesis(int64_t size, int64_t widest, int64_t batch);

/// Which batches and sizes: those that are trained on a GPU; those that `saddle-bench step` takes on the CPU;
/// or cut down until a call takes no time, to show that everything runs.
enum class Scale { gpu, cpu, small };

std::vector<Network> networks(Scale scale);

}  // namespace saddle::bench
