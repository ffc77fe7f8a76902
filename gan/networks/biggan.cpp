#include "gan/networks/biggan.h"

#include <map>

#include "autograd/ops.h"
#include "gan/networks/conditional.h"
#include "gan/networks/residual_block.h"
#include "gan/networks/self_attention.h"
#include "nn/init.h"
#include "nn/modules.h"

namespace saddle {
namespace {

/// Channels in multiples of ch: after the linear layer and after each block of the generator, which double
/// the image, and after each block of the discriminator, of which the first `halvings` halve it.
struct Widths {
  int64_t linear;
  std::vector<int64_t> up, down;
  size_t halvings;
};

const Widths& widths(int64_t size, std::initializer_list<int64_t> numbers) {
  static const std::map<int64_t, Widths> table = {{32, {4, {4, 4, 4}, {4, 4, 4, 4}, 2}},
                                                  {64, {16, {16, 8, 4, 2}, {1, 2, 4, 8, 16}, 4}},
                                                  {128, {16, {16, 8, 4, 2, 1}, {1, 2, 4, 8, 16, 16}, 5}}};
  const auto found = table.find(size);
  require<UsageError>(found != table.end(), "biggan: size ", size, " is not 32, 64 or 128");
  for (const int64_t number : numbers)
    require<UsageError>(number > 0, "biggan: channels, classes and lengths must be positive, not ", number);
  return found->second;
}

/// The block, and self-attention behind it.
std::shared_ptr<nn::Module> stage(const ResidualBlockOptions& options, bool attention) {
  const auto block = std::make_shared<ResidualBlock>(options);
  if (!attention) return block;
  return nn::sequential(block, std::make_shared<SelfAttention>(options.out));
}

}  // namespace

ModulatedBatchNorm2d::ModulatedBatchNorm2d(int64_t channels, int64_t length)
    : GivenBatchNorm(nn::batch_norm2d(channels, {.affine = false})),
      gain_(register_module("gain", nn::linear(length, channels, {.bias = false}))),
      bias_(register_module("bias", nn::linear(length, channels, {.bias = false}))) {}

nn::GivenBatchNorm::Affine ModulatedBatchNorm2d::affine(const Variable&, const Variable& c) {
  return {1 + (*gain_)(c), (*bias_)(c)};
}

BigGanGenerator::BigGanGenerator(const BigGanGeneratorOptions& options) {
  const auto& [size, channels, classes, nz, ch, length, attention] = options;
  const Widths& all = widths(size, {channels, classes, nz, ch, length});
  const auto blocks = static_cast<int64_t>(all.up.size());
  require<UsageError>(nz > blocks, "biggan: a latent of ", nz, " numbers has too few for ", blocks + 1,
                      " chunks");
  chunk_ = nz / (blocks + 1);
  bottom_ = size >> blocks;
  int64_t width = all.linear * ch;
  shared_ = register_module("shared", nn::embedding(classes, length));
  linear_ = register_module("linear", nn::linear(nz - blocks * chunk_ + length, width * bottom_ * bottom_));
  blocks_ = register_module("blocks", nn::sequential());
  const MakeNorm norm = [condition = chunk_ + length](int64_t c) {
    return std::make_shared<ModulatedBatchNorm2d>(c, condition);
  };
  int64_t height = bottom_;
  for (const int64_t times : all.up) {
    height *= 2;
    blocks_->push(stage({.in = width, .out = times * ch, .resize = Resize::up, .norm = norm},
                        attention && 2 * height == size));
    width = times * ch;
  }
  output_ =
      register_module("output", nn::sequential(nn::batch_norm2d(width), nn::relu(),
                                               nn::conv2d(width, channels, 3, {.padding = 1}), nn::tanh()));
  for (nn::Module* part : std::initializer_list<nn::Module*>{linear_.get(), blocks_.get(), output_.get()})
    nn::spectral_norm_(*part);
}

Variable BigGanGenerator::forward(const Variable&) {
  throw UsageError("a generator that is given classes got none");
}

Variable BigGanGenerator::forward_given(const Variable& z, const Variable& classes) {
  const Variable vector = (*shared_)(classes);
  int64_t from = z.size(1) - blocks_->size() * chunk_;
  Variable x = (*linear_)(concat({slice(z, 1, 0, from), vector}, 1));
  x = reshape(x, {z.size(0), -1, bottom_, bottom_});
  for (int64_t i = 0; i < blocks_->size(); ++i, from += chunk_)
    x = (*blocks_)[i](x, concat({slice(z, 1, from, from + chunk_), vector}, 1));
  return (*output_)(x);
}

std::shared_ptr<nn::Module> biggan_discriminator(const BigGanDiscriminatorOptions& options) {
  const auto& [size, channels, classes, ch, attention] = options;
  const Widths& all = widths(size, {channels, classes, ch});
  const auto net = nn::sequential();
  int64_t width = channels;
  for (size_t i = 0; i < all.down.size(); ++i) {
    const int64_t out = all.down[i] * ch;
    net->push(stage({.in = width,
                     .out = out,
                     .resize = i < all.halvings ? Resize::down : Resize::none,
                     .of_images = i == 0},
                    attention && i == 0));
    width = out;
  }
  net->push(nn::relu()).push(nn::apply([](const Variable& x) { return sum(x, {2, 3}); }));
  net->push(nn::linear(width, 1)).push(nn::flatten(0));
  return std::make_shared<ProjectionDiscriminator>(*net, classes);
}

void init_biggan(nn::Module& network, Generator& generator) {
  network.reset_parameters(generator);
  network.apply([&](nn::Module& module) {
    if (auto* layer = dynamic_cast<nn::WeightedLayer*>(&module))
      nn::init::orthogonal_(layer->weight, generator);
    if (auto* layer = dynamic_cast<nn::Conv2d*>(&module); layer != nullptr && layer->bias.defined())
      nn::init::zeros_(layer->bias);
    if (auto* layer = dynamic_cast<nn::Linear*>(&module); layer != nullptr && layer->bias.defined())
      nn::init::zeros_(layer->bias);
  });
}

}  // namespace saddle
