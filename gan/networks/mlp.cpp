#include "gan/networks/mlp.h"

#include "gan/networks/conditional.h"
#include "nn/modules.h"

namespace saddle {
namespace {

int64_t pixels(const MlpOptions& options) {
  require<UsageError>(options.size > 0 && options.channels > 0 && options.width > 0, "mlp: images of size ",
                      options.size, " with ", options.channels, " channels, layers of width ", options.width);
  return options.channels * options.size * options.size;
}

}  // namespace

std::shared_ptr<nn::Sequential> mlp_generator(const MlpOptions& options) {
  const int64_t size = options.size, first = options.width;
  auto net = nn::sequential(nn::linear(options.nz, first), nn::leaky_relu(0.2));
  for (int64_t width = 2 * first; width <= 8 * first; width *= 2) {
    net->push(nn::linear(width / 2, width));
    net->push(options.norm ? options.norm(width) : nn::batch_norm1d(width)).push(nn::leaky_relu(0.2));
  }
  net->push(nn::linear(8 * first, pixels(options))).push(nn::tanh());
  net->push(nn::unflatten({options.channels, size, size}));
  return net;
}

std::shared_ptr<nn::Sequential> mlp_discriminator(const MlpOptions& options,
                                                  const DiscriminatorExtras& extras) {
  const int64_t wide = 4 * options.width, narrow = 2 * options.width;
  auto net = nn::sequential(nn::flatten());
  if (options.classes > 0) net->push(join_class(options.classes));
  net->push(nn::linear(pixels(options) + options.classes, wide)).push(nn::leaky_relu(0.2));
  push_dropout(*net, extras);
  net->push(nn::linear(wide, narrow)).push(nn::leaky_relu(0.2));
  push_dropout(*net, extras);
  net->push(nn::linear(push_minibatch(*net, narrow, extras), 1)).push(nn::flatten(0));
  return net;
}

}  // namespace saddle
