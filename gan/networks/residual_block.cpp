#include "gan/networks/residual_block.h"

#include <numbers>

#include "nn/init.h"
#include "nn/modules.h"

namespace saddle {
namespace {

std::shared_ptr<nn::Conv2d> conv3(int64_t in, int64_t out) {
  return nn::conv2d(in, out, 3, {.padding = 1});
}

template <class Layer>
void draw_layer(nn::Module& module, Generator& generator, double gain) {
  const auto* layer = dynamic_cast<Layer*>(&module);
  if (layer == nullptr) return;
  nn::init::xavier_uniform_(layer->weight, generator, gain);
  if (layer->bias.defined()) nn::init::zeros_(layer->bias);
}

void draw_embedding(nn::Module& module, Generator& generator) {
  if (const auto* layer = dynamic_cast<nn::Embedding*>(&module))
    nn::init::xavier_uniform_(layer->weight, generator);
}

}  // namespace

ResidualBlock::ResidualBlock(const ResidualBlockOptions& options)
    : branch_(register_module("b", nn::sequential())) {
  const int64_t in = options.in, out = options.out, hidden = options.hidden > 0 ? options.hidden : out;
  const bool up = options.resize == Resize::up, down = options.resize == Resize::down;
  const auto activate = [&](int64_t channels) {
    if (options.norm && !options.of_images) branch_->push(options.norm(channels));
    branch_->push(nn::relu());
  };
  if (!options.of_images) activate(in);
  if (up) branch_->push(nn::upsample(2));
  branch_->push(conv3(in, hidden));
  activate(hidden);
  branch_->push(conv3(hidden, out));
  if (down) branch_->push(nn::avg_pool2d(2));

  if (in == out && !up && !down) return;
  shortcut_ = register_module("shortcut", nn::sequential());
  if (down) shortcut_->push(nn::avg_pool2d(2));
  shortcut_->push(nn::conv2d(in, out, 1));
  if (up) shortcut_->push(nn::upsample(2));
}

Variable ResidualBlock::forward_given(const Variable& x, const Variable& given) {
  const Variable residue = (*branch_)(x, given);
  return residue + (shortcut_ ? (*shortcut_)(x) : x);
}

void init_residual(nn::Module& network, Generator& generator) {
  const auto draw_all = [&](nn::Module& of, double gain) {
    of.apply([&](nn::Module& module) {
      draw_layer<nn::Conv2d>(module, generator, gain);
      draw_layer<nn::Linear>(module, generator, gain);
    });
  };
  network.reset_parameters(generator);
  draw_all(network, 1);
  network.apply([&](nn::Module& module) { draw_embedding(module, generator); });
  network.apply([&](nn::Module& module) {
    if (auto* block = dynamic_cast<ResidualBlock*>(&module)) draw_all(block->branch(), std::numbers::sqrt2);
  });
}

}  // namespace saddle
