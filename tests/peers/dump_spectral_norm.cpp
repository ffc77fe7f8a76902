// Layers with spectral normalisation: their states before and after some forwards, and the gradients of a
// loss that has gradients in it.
#include <nlohmann/json.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/io/safetensors.h"
#include "gan/networks/dcgan.h"
#include "nn/modules.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

/// Forwards in training; all outputs are part of the loss.
constexpr int forwards = 3;

class Dump {
 public:
  /// `x`: what the network of that name in spectral_norm.py takes; floats are scaled anew for each forward.
  void add(const std::string& name, nn::Module& network, Tensor x, DType dtype) {
    nn::spectral_norm_(network);
    network.reset_parameters(random_);
    network.to(dtype);
    const bool floats = x.dtype() != DType::i64;
    if (floats) x = cast(x, dtype).value();
    const std::string prefix = concat(index_.size(), ".");
    put(prefix + "before.", network.state_dict());
    put(prefix + "x", x);

    Variable loss;
    for (int i = 1; i <= forwards; ++i) {
      const Variable input = floats ? Variable((Variable(x) * double(i)).value(), true) : Variable(x);
      const Variable y = network(input);
      Variable one = sum(square(y));
      if (floats) one = one + sum(square(grad({one}, {input}, {.create_graph = true})[0]));
      loss = loss.defined() ? loss + one : one;
    }
    backward(loss);
    put(prefix + "loss", loss.value());
    put(prefix + "after.", network.state_dict());
    for (const auto& [key, parameter] : network.named_parameters())
      if (const Variable gradient = parameter.grad(); gradient.defined())
        put(prefix + "grad." + key, gradient.value());
    network.eval();
    put(prefix + "y", network(x).value());
    index_.push_back(name);
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", index_.dump()}});
  }

  Tensor noise(const Shape& shape) { return random_normal(shape, random_); }

 private:
  void put(const std::string& name, const Tensor& tensor) { tensors_.emplace_back(name, tensor.clone()); }
  void put(const std::string& prefix, const NamedTensors& state) {
    for (const auto& [name, tensor] : state) put(prefix + name, tensor);
  }

  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{1802};
};

}  // namespace

void dump_spectral_norm(const std::filesystem::path& file) {
  Dump dump;
  for (const DType dtype : {DType::f32, DType::f64}) {
    dump.add("linear", *nn::linear(7, 5), dump.noise({4, 7}), dtype);
    dump.add("conv2d", *nn::conv2d(4, 6, 3, {.padding = 1, .groups = 2}), dump.noise({2, 4, 5, 5}), dtype);
    dump.add("conv_transpose2d", *nn::conv_transpose2d(3, 5, 4, {.stride = 2, .padding = 1}),
             dump.noise({2, 3, 4, 4}), dtype);
    dump.add("embedding", *nn::embedding(6, 3), Tensor::from<int64_t>({5, 0, 2, 5}, {4}), dtype);
    dump.add("critic",
             *dcgan_discriminator({.size = 16, .channels = 2, .ndf = 6, .norm = Normalization::none}),
             dump.noise({3, 2, 16, 16}), dtype);
  }
  dump.save(file);
}

}  // namespace saddle::test
