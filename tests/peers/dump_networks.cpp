// Networks in evaluation: their weights, images or latents, and what they make of them.
#include <functional>
#include <nlohmann/json.hpp>

#include "autograd/ops/random.h"
#include "core/io/safetensors.h"
#include "gan/networks/patchgan.h"
#include "gan/networks/resnet.h"
#include "gan/networks/resnet_generator.h"
#include "gan/networks/unet.h"
#include "nn/modules/spectral_norm.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

/// Draws a network's weights.
using Init = std::function<void(nn::Module&, Generator&)>;

class Dump {
 public:
  /// `options`: the arguments of the function `name` of networks.py. `inputs`: images or latents.
  void add(
      const std::string& name, const json& options, nn::Module& network, const Shape& inputs,
      const Init& init = [](nn::Module& of, Generator& random) { of.reset_parameters(random); }) {
    init(network, random_);
    const Tensor x = random_normal(inputs, random_);
    const NoGrad no_grad;
    // So that running statistics, where there are any, are neither zeros and ones nor a poor fit.
    for (int i = 0; i < 20; ++i) network(x);
    network.eval();
    const std::string prefix = concat(index_.size(), ".");
    for (const auto& [key, tensor] : network.state_dict(prefix + "state."))
      tensors_.emplace_back(key, tensor);
    tensors_.emplace_back(prefix + "x", x);
    tensors_.emplace_back(prefix + "y", network(x).value());
    index_.push_back({{"name", name}, {"options", options}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", index_.dump()}});
  }

 private:
  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{2017};
};

}  // namespace

void dump_networks(const std::filesystem::path& file) {
  Dump dump;
  const auto resnet = resnet_generator({.in_channels = 1, .out_channels = 3, .width = 5, .blocks = 2});
  dump.add("resnet_generator", {{"cin", 1}, {"cout", 3}, {"f", 5}, {"blocks", 2}}, *resnet, {2, 1, 24, 32});
  const auto add_patchgan = [&](int64_t halvings, Normalization norm, const char* name) {
    const auto net = patchgan({.channels = 6, .width = 3, .halvings = halvings, .norm = norm});
    dump.add("patchgan", {{"cin", 6}, {"f", 3}, {"halvings", halvings}, {"norm", name}}, *net,
             {2, 6, 64, 80});
  };
  add_patchgan(3, Normalization::none, "none");
  add_patchgan(3, Normalization::batch, "batch");
  add_patchgan(3, Normalization::instance, "instance");
  add_patchgan(4, Normalization::instance, "instance");
  for (const int64_t downs : {5, 8}) {
    Generator drops(1);
    const auto net = unet({.in_channels = 3, .out_channels = 1, .width = 3, .downs = downs}, drops);
    const int64_t size = int64_t{1} << downs;
    dump.add("unet", {{"cin", 3}, {"cout", 1}, {"f", 3}, {"downs", downs}}, *net, {2, 3, size, size});
  }
  const auto add_residual = [&](const std::string& name, const ResidualDiscriminatorOptions& of,
                                nn::Module& net, const Shape& inputs, bool spectral = false) {
    dump.add(name, {{"size", of.size}, {"channels", 2}, {"f", 3}, {"spectral", spectral}}, net, inputs,
             init_residual);
  };
  for (const int64_t size : {32, 48}) {
    const ResidualDiscriminatorOptions of{.size = size, .channels = 2, .ndf = 3};
    const Shape images{2, 2, size, size};
    add_residual("sngan_generator", of, *sngan_generator({.size = size, .channels = 2, .nz = 5, .ngf = 3}),
                 {4, 5});
    add_residual("sngan_discriminator", of, *sngan_discriminator(of), images);
  }
  const ResidualDiscriminatorOptions small{.size = 32, .channels = 2, .ndf = 3};
  const auto normalised = sngan_discriminator(small);
  nn::spectral_norm_(*normalised);
  add_residual("sngan_discriminator", small, *normalised, {2, 2, 32, 32}, true);
  const ResidualDiscriminatorOptions large{.size = 64, .channels = 2, .ndf = 3};
  add_residual("wgan_gp_critic", large, *wgan_gp_critic(large), {2, 2, 64, 64});
  dump.save(file);
}

}  // namespace saddle::test
