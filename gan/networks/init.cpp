#include "gan/networks/init.h"

#include "nn/init.h"
#include "nn/modules.h"

namespace saddle {
namespace {

/// Whether `module` is such a layer, whose weights then are drawn.
template <class Layer>
bool init_layer(nn::Module& module, Generator& generator, double mean) {
  const auto* layer = dynamic_cast<Layer*>(&module);
  if (layer == nullptr) return false;
  if (layer->weight.defined()) nn::init::normal_(layer->weight, generator, mean, 0.02);
  if (layer->bias.defined()) nn::init::zeros_(layer->bias);
  return true;
}

bool init_embedding(nn::Module& module, Generator& generator) {
  const auto* layer = dynamic_cast<nn::Embedding*>(&module);
  if (layer != nullptr) nn::init::normal_(layer->weight, generator, 0, 0.02);
  return layer != nullptr;
}

}  // namespace

void init_normal(nn::Module& network, Generator& generator) {
  network.reset_parameters(generator);
  network.apply([&](nn::Module& module) {
    init_layer<nn::Conv2d>(module, generator, 0) || init_layer<nn::ConvTranspose2d>(module, generator, 0) ||
        init_layer<nn::Linear>(module, generator, 0) || init_layer<nn::BatchNorm>(module, generator, 1) ||
        init_embedding(module, generator);
  });
}

}  // namespace saddle
