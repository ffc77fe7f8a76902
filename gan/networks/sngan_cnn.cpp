#include "gan/networks/sngan_cnn.h"

#include "gan/networks/check.h"
#include "nn/modules.h"

namespace saddle {
namespace {

void check(int64_t size, std::initializer_list<int64_t> widths) {
  check_size("sngan-cnn", size, 8, 16, 256);
  check_widths("sngan-cnn", widths);
}

}  // namespace

std::shared_ptr<nn::Sequential> sngan_cnn_generator(const SnganCnnGeneratorOptions& options) {
  const auto& [size, channels, nz, f, norm] = options;
  check(size, {channels, nz, f});
  const int64_t bottom = size / 8;
  auto net = nn::sequential(nn::linear(nz, 8 * f * bottom * bottom), nn::unflatten({8 * f, bottom, bottom}));
  for (const int64_t width : {4 * f, 2 * f, f}) {
    net->push(nn::conv_transpose2d(2 * width, width, 4, {.stride = 2, .padding = 1}));
    net->push(norm ? norm(width) : nn::batch_norm2d(width)).push(nn::relu());
  }
  net->push(nn::conv2d(f, channels, 3, {.padding = 1})).push(nn::tanh());
  return net;
}

std::shared_ptr<nn::Sequential> sngan_cnn_discriminator(const SnganCnnDiscriminatorOptions& options) {
  const auto [size, channels, f, norm] = options;
  check(size, {channels, f});
  auto net = nn::sequential(nn::conv2d(channels, f, 3, {.padding = 1}), nn::leaky_relu(0.1));
  const auto push = [&](const std::shared_ptr<nn::Conv2d>& layer, int64_t width) {
    net->push(layer);
    if (const auto after = normalization(norm, width)) net->push(after);
    net->push(nn::leaky_relu(0.1));
  };
  for (const int64_t width : {f, 2 * f, 4 * f}) {
    push(nn::conv2d(width, width, 4, {.stride = 2, .padding = 1}), width);
    push(nn::conv2d(width, 2 * width, 3, {.padding = 1}), 2 * width);
  }
  net->push(nn::flatten()).push(nn::linear(8 * f * (size / 8) * (size / 8), 1)).push(nn::flatten(0));
  return net;
}

}  // namespace saddle
