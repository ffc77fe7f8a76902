#include "gan/games/parts.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad.h"
#include "core/error.h"
#include "gan/batch_shape.h"
#include "nn/evaluation.h"
#include "nn/frozen.h"
#include "nn/optim/clip.h"

namespace saddle {
namespace {

/// Images are generated so many at once, which bounds the memory that it takes.
constexpr int64_t generated_at_once = 32;

/// `count` entries from the `first` on, of a tensor on the host, on the device.
template <class T>
Tensor piece(const Tensor& all, int64_t first, int64_t count, Device device) {
  Shape shape = all.shape();
  const int64_t each = all.numel() / shape[0];
  shape.set(0, count);
  return Tensor::from(std::span(all.data<T>() + first * each, static_cast<size_t>(count * each)), shape,
                      device);
}

}  // namespace

void append(NamedTensors& state, const std::string& prefix, const NamedTensors& part) {
  for (const auto& [name, tensor] : part) state.emplace_back(prefix + name, tensor);
}

void put_stream(NamedTensors& state, const std::string& name, const Generator& random) {
  const Philox place = random.state();
  state.emplace_back(
      name,
      Tensor::from(std::vector{static_cast<int64_t>(place.seed), static_cast<int64_t>(place.offset)}, {2}));
}

void take_stream(const NamedTensors& state, const std::string& name, Generator& random) {
  const auto place = find(state, name)->to_vector<int64_t>();
  random.set_state({static_cast<uint64_t>(place[0]), static_cast<uint64_t>(place[1])});
}

void check_generator_input(const GeneratorInput& input, const Tensor& latents, const Tensor& labels) {
  require(latents.rank() > 0 && latents.size(0) > 0 &&
              latents.shape() == batch_shape(latents.size(0), input.latent) && latents.dtype() == DType::f32,
          "generate: latents ", latents.dtype(), latents.shape(), " are not one or more f32", input.latent);
  require<UsageError>(
      labels.defined() == (input.classes > 0), "generate: ",
      labels.defined() ? "labels for a model that knows no classes" : "a model of classes needs labels");
  if (!labels.defined()) return;
  const Shape one_each{latents.size(0)};
  require(labels.shape() == one_each && labels.dtype() == DType::i64, "generate: labels ", labels.dtype(),
          labels.shape(), " are not i64", one_each);
  for (const int64_t label : labels.to(Device{}).to_vector<int64_t>())
    require<UsageError>(label >= 0 && label < input.classes, "generate: class ", label, " of ",
                        input.classes);
}

void require_finite(const Scalars& scalars, int64_t step, const char* help) {
  for (const auto& [name, value] : scalars)
    require<Error>(std::isfinite(value), "step ", step, ": ", name, " is ", value, "; ", help,
                   " may keep training stable");
}

void minimise(nn::Module& network, nn::Optimizer& optimizer, const Variable& loss, double clip_grad) {
  optimizer.zero_grad();
  backward(loss);
  if (clip_grad > 0) nn::clip_grad_norm(network, clip_grad);
  optimizer.step();
}

Variable evaluated(nn::Module& network, const Variable& x, const Variable& condition) {
  const nn::Evaluation evaluation(network);
  const nn::Frozen frozen(network);
  return network(x, condition);
}

Tensor generate_images(nn::Module& generator, const GeneratorInput& input, Device device,
                       const Tensor& latents, const Tensor& labels) {
  check_generator_input(input, latents, labels);
  const nn::Evaluation evaluation(generator);
  const NoGrad no_grad;
  const Tensor host = latents.to(Device{}), classes = labels.defined() ? labels.to(Device{}) : Tensor();
  const int64_t count = host.size(0);
  Tensor images;
  for (int64_t first = 0; first < count; first += generated_at_once) {
    const int64_t n = std::min(generated_at_once, count - first);
    const Variable given =
        classes.defined() ? Variable(piece<int64_t>(classes, first, n, device)) : Variable();
    const Tensor made = generator(piece<float>(host, first, n, device), given).value().to(Device{});
    if (!images.defined()) {
      Shape shape = made.shape();
      shape.set(0, count);
      images = Tensor::empty(shape);
    }
    std::copy_n(made.data<float>(), made.numel(), images.data<float>() + first * (made.numel() / n));
  }
  return images;
}

Variable images_with_gradients(nn::Module& generator, const GeneratorInput& input, const Variable& latents,
                               const Tensor& labels) {
  check_generator_input(input, latents.value(), labels);
  return evaluated(generator, latents, labels.defined() ? Variable(labels.to(latents.device())) : Variable());
}

}  // namespace saddle
