#include "nn/modules/conv.h"

#include "nn/init.h"

namespace saddle::nn {
namespace {

void check(const char* layer, int64_t in, int64_t out, Pair kernel, int64_t groups) {
  require<UsageError>(in > 0 && out > 0 && kernel.vertical > 0 && kernel.horizontal > 0, layer, ": channels ",
                      in, " and ", out, " and kernel ", kernel.vertical, "x", kernel.horizontal,
                      " must be positive");
  require<UsageError>(groups > 0 && in % groups == 0 && out % groups == 0, layer, ": groups ", groups,
                      " must divide channels ", in, " and ", out);
}

}  // namespace

Conv2d::Conv2d(int64_t in, int64_t out, Pair kernel, ConvOptions options)
    : options_{.stride = options.stride,
               .padding = options.padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  check("conv2d", in, out, kernel, options.groups);
  register_parameter("weight", weight, {out, in / options.groups, kernel.vertical, kernel.horizontal});
  if (options.bias) register_parameter("bias", bias, {out});
}

Variable Conv2d::forward_then(const Variable& x, const Activation& activation) {
  return saddle::conv2d(x, used_weight(), bias, options_, activation);
}

void Conv2d::reset(Generator& generator) {
  init::default_(weight, bias, generator);
  WeightedLayer::reset(generator);
}

ConvTranspose2d::ConvTranspose2d(int64_t in, int64_t out, Pair kernel, ConvTransposeOptions options)
    : WeightedLayer(1),
      options_{.stride = options.stride,
               .padding = options.padding,
               .output_padding = options.output_padding,
               .dilation = options.dilation,
               .groups = options.groups} {
  check("conv_transpose2d", in, out, kernel, options.groups);
  register_parameter("weight", weight, {in, out / options.groups, kernel.vertical, kernel.horizontal});
  if (options.bias) register_parameter("bias", bias, {out});
}

Variable ConvTranspose2d::forward_then(const Variable& x, const Activation& activation) {
  return saddle::conv_transpose2d(x, used_weight(), bias, options_, activation);
}

void ConvTranspose2d::reset(Generator& generator) {
  init::default_(weight, bias, generator);
  WeightedLayer::reset(generator);
}

}  // namespace saddle::nn
