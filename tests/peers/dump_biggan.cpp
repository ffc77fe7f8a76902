// BigGAN's networks in training: what they make of inputs and classes, the gradients of a loss, which for a
// discriminator has gradients in it, and orthogonal regularisation with its own.
#include <nlohmann/json.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/io/safetensors.h"
#include "gan/batch_shape.h"
#include "gan/networks/biggan.h"
#include "gan/networks/self_attention.h"
#include "gan/penalties/orthogonal.h"
#include "nn/init.h"
#include "nn/modules/spectral_norm.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

constexpr int64_t classes = 5, batch = 3;

class Dump {
 public:
  /// `options`: the arguments of the class `name` of biggan.py. `shape`: of a latent or an image. Weights are
  /// drawn by the layers' own rules: BigGAN's are orthogonal, where its regularisation has no slope.
  void add(const std::string& name, const json& options, nn::Module& network, const Shape& shape,
           DType dtype) {
    network.reset_parameters(random_);
    network.apply([&](nn::Module& module) {  // at 0, as it starts, attention shows nothing
      if (auto* attention = dynamic_cast<SelfAttention*>(&module))
        nn::init::uniform_(attention->gamma, random_, 0.5, 1);
    });
    network.to(dtype);
    const Variable x(random_normal(batch_shape(batch, shape), random_, {.dtype = dtype}), true);
    const Tensor labels = Tensor::from<int64_t>({3, 0, 3}, {batch});
    const std::string prefix = concat(index_.size(), ".");
    put(prefix + "before.", network.state_dict());
    put(prefix + "x", x.value());
    put(prefix + "labels", labels);

    const Variable y = network(x, labels);
    const Tensor weights = random_normal(y.shape(), random_, {.dtype = dtype});
    put(prefix + "weights", weights);
    Variable loss = sum(y * weights);
    if (name == "Discriminator") loss = loss + sum(square(grad({loss}, {x}, {.create_graph = true})[0]));
    backward(loss);
    put(prefix + "y", y.value());
    put(prefix + "loss", loss.value());
    put(prefix + "grad_x", x.grad().value());
    put(prefix + "after.", network.state_dict());
    put_gradients(prefix + "grad.", network);

    network.zero_grad();
    const Variable penalty = orthogonal_penalty(network);
    backward(penalty);
    put(prefix + "orthogonal", penalty.value());
    put_gradients(prefix + "orthogonal_grad.", network);
    index_.push_back({{"name", name}, {"options", options}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", index_.dump()}});
  }

 private:
  void put(const std::string& name, const Tensor& tensor) { tensors_.emplace_back(name, tensor.clone()); }
  void put(const std::string& prefix, const NamedTensors& state) {
    for (const auto& [name, tensor] : state) put(prefix + name, tensor);
  }
  void put_gradients(const std::string& prefix, nn::Module& network) {
    for (const auto& [key, parameter] : network.named_parameters())
      if (const Variable gradient = parameter.grad(); gradient.defined()) put(prefix + key, gradient.value());
  }

  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{1};
};

}  // namespace

void dump_biggan(const std::filesystem::path& file) {
  Dump dump;
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const int64_t size : {32, 64, 128}) {
      // Of so many activations some lie so near to 0 that rounding in f32 changes their slope.
      if (size == 128 && dtype == DType::f32) continue;
      constexpr int64_t channels = 2, nz = 13, length = 3, ch = 2;
      const json shared = {{"size", size}, {"channels", channels}, {"classes", classes}, {"ch", ch}};
      json of_generator = shared;
      of_generator.update({{"nz", nz}, {"length", length}});
      BigGanGenerator generator(
          {.size = size, .channels = channels, .classes = classes, .nz = nz, .ch = ch, .embedding = length});
      dump.add("Generator", of_generator, generator, {nz}, dtype);
      const auto discriminator =
          biggan_discriminator({.size = size, .channels = channels, .classes = classes, .ch = ch});
      nn::spectral_norm_(*discriminator);
      dump.add("Discriminator", shared, *discriminator, {channels, size, size}, dtype);
    }
  }
  dump.save(file);
}

}  // namespace saddle::test
