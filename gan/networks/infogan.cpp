#include "gan/networks/infogan.h"

#include "gan/networks/check.h"
#include "gan/networks/heads.h"
#include "nn/modules.h"

namespace saddle {
namespace {

/// Of the layer between the shared features and the codes.
constexpr int64_t q_width = 128;

void check(int64_t size, std::initializer_list<int64_t> widths) {
  check_size("infogan", size, 4, 8, 64);
  check_widths("infogan", widths);
}

constexpr double slope = 0.1;

}  // namespace

std::shared_ptr<nn::Sequential> infogan_generator(const InfoGanGeneratorOptions& options) {
  const auto [size, channels, nz, f, width] = options;
  check(size, {channels, nz, f, width});
  const int64_t bottom = size / 4, features = 2 * f * bottom * bottom;
  auto net = nn::sequential(nn::linear(nz, width, {.bias = false}), nn::batch_norm1d(width), nn::relu());
  net->push(nn::linear(width, features, {.bias = false})).push(nn::batch_norm1d(features)).push(nn::relu());
  net->push(nn::unflatten({2 * f, bottom, bottom}));
  net->push(nn::conv_transpose2d(2 * f, f, 4, {.stride = 2, .padding = 1, .bias = false}));
  net->push(nn::batch_norm2d(f)).push(nn::relu());
  net->push(nn::conv_transpose2d(f, channels, 4, {.stride = 2, .padding = 1})).push(nn::tanh());
  return net;
}

std::shared_ptr<nn::Module> infogan_discriminator(const InfoGanDiscriminatorOptions& options) {
  const auto [size, channels, f, width, codes] = options;
  check(size, {channels, f, width, codes});
  const int64_t bottom = size / 4;
  auto trunk = nn::sequential(nn::conv2d(channels, f, 4, {.stride = 2, .padding = 1}), nn::leaky_relu(slope));
  trunk->push(nn::conv2d(f, 2 * f, 4, {.stride = 2, .padding = 1, .bias = false}));
  trunk->push(nn::batch_norm2d(2 * f)).push(nn::leaky_relu(slope)).push(nn::flatten());
  trunk->push(nn::linear(2 * f * bottom * bottom, width, {.bias = false}));
  trunk->push(nn::batch_norm1d(width)).push(nn::leaky_relu(slope));
  const auto recognition =
      nn::sequential(nn::linear(width, q_width, {.bias = false}), nn::batch_norm1d(q_width),
                     nn::leaky_relu(slope), nn::linear(q_width, codes));
  return std::make_shared<Heads>(trunk,
                                 std::vector<std::shared_ptr<nn::Module>>{nn::linear(width, 1), recognition});
}

}  // namespace saddle
