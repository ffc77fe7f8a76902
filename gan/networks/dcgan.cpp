#include "gan/networks/dcgan.h"

#include <bit>

#include "gan/networks/check.h"
#include "nn/modules.h"

namespace saddle {
namespace {

void check(int64_t size, std::initializer_list<int64_t> widths) {
  require<UsageError>(size >= 16 && size <= 256 && std::has_single_bit(static_cast<uint64_t>(size)),
                      "dcgan: size ", size, " is not a power of two from 16 to 256");
  check_widths("dcgan", widths);
}

/// Normalisation shifts by a bias of its own, so the layers before it have none; the outermost layers
/// follow the classic implementations.
std::shared_ptr<nn::ConvTranspose2d> up(int64_t from, int64_t to) {
  return nn::conv_transpose2d(from, to, 4, {.stride = 2, .padding = 1, .bias = false});
}

std::shared_ptr<nn::Conv2d> down(int64_t from, int64_t to, bool bias) {
  return nn::conv2d(from, to, 4, {.stride = 2, .padding = 1, .bias = bias});
}

/// Channels of the innermost features.
int64_t innermost_width(int64_t f, int64_t size) {
  return f * size / 8;
}

/// The discriminator's layers but the last, [N, channels, size, size] -> [N, innermost_width(ndf, size), 4,
/// 4].
std::shared_ptr<nn::Sequential> trunk(const DcganDiscriminatorOptions& options,
                                      const DiscriminatorExtras& extras) {
  const auto [size, channels, f, norm, outputs] = options;
  check(size, {channels, f, outputs});
  auto net = nn::sequential(down(channels, f, true), nn::leaky_relu(0.2));
  push_dropout(*net, extras);
  for (int64_t width = f; width < innermost_width(f, size); width *= 2) {
    net->push(down(width, 2 * width, norm == Normalization::none));
    if (const auto layer = normalization(norm, 2 * width)) net->push(layer);
    net->push(nn::leaky_relu(0.2));
    push_dropout(*net, extras);
  }
  return net;
}

}  // namespace

std::shared_ptr<nn::Sequential> dcgan_generator(const DcganGeneratorOptions& options) {
  const auto& [size, channels, nz, f, squash, norm] = options;
  check(size, {channels, nz, f});
  int64_t width = innermost_width(f, size);
  const auto make_norm = [&](int64_t c) { return norm ? norm(c) : nn::batch_norm2d(c); };
  auto net =
      nn::sequential(nn::conv_transpose2d(nz, width, 4, {.bias = false}), make_norm(width), nn::relu());
  for (; width > f; width /= 2) net->push(up(width, width / 2)).push(make_norm(width / 2)).push(nn::relu());
  net->push(up(f, channels));
  if (squash) net->push(nn::tanh());
  return net;
}

std::shared_ptr<nn::Sequential> dcgan_discriminator(const DcganDiscriminatorOptions& options,
                                                    const DiscriminatorExtras& extras) {
  auto net = trunk(options, extras);
  const int64_t width = innermost_width(options.ndf, options.size), outputs = options.outputs;
  if (extras.minibatch == Minibatch::discrimination) {
    net->push(nn::flatten());
    net->push(nn::linear(push_minibatch(*net, 4 * 4 * width, extras), outputs));
  } else {
    net->push(nn::conv2d(push_minibatch(*net, width, extras), outputs, 4, {.bias = false}));
  }
  net->push(nn::flatten(outputs == 1 ? 0 : 1));
  return net;
}

}  // namespace saddle
