#include "nn/modules/spectral_norm.h"

#include "autograd/ops.h"

namespace saddle::nn {
namespace {

/// x / |x|.
Variable unit(const Variable& x, double eps) {
  return x / clamp(sqrt(sum(square(x))), eps);
}

}  // namespace

void WeightedLayer::normalise_spectrum(const SpectralNormOptions& options) {
  require<Error>(!has_normalised_spectrum(), "spectral_norm: the layer's weight is normalised already");
  require<UsageError>(options.iterations >= 1, "spectral_norm: ", options.iterations, " iterations");
  require<UsageError>(options.eps > 0, "spectral_norm: eps ", options.eps, " is not above 0");
  options_ = options;
  rename_parameter("weight", "weight_orig");
  const auto vector = [&](int64_t length) {
    return Tensor::full({length}, std::numeric_limits<double>::quiet_NaN(), weight.dtype(), weight.device());
  };
  const int64_t rows = weight.size(output_axis_);
  register_buffer("weight_u", u_, vector(rows));
  register_buffer("weight_v", v_, vector(weight.numel() / rows));
}

Variable WeightedLayer::used_weight() {
  if (!has_normalised_spectrum()) return weight;
  const Variable w = matrix();
  Variable u = reshape(u_, {-1, 1}), v = reshape(v_, {-1, 1});
  Variable stretched;  // W v
  if (is_training()) {
    // Vectors of their own: those of a graph that waits for its gradient stay as they are.
    for (int64_t i = 0; i < options_.iterations; ++i) {
      v = unit(matmul(w.detach(), u, {.trans_a = true}), options_.eps);
      stretched = matmul(w, v);
      u = unit(stretched.detach(), options_.eps);
    }
    u_.copy_from(u.value().reshape({-1}));
    v_.copy_from(v.value().reshape({-1}));
  } else {
    stretched = matmul(w, v);
  }
  return weight / sum(u * stretched);
}

void WeightedLayer::reset(Generator& generator) {
  for (Tensor* vector : {&u_, &v_}) {
    if (!vector->defined()) continue;
    const Variable drawn =
        random_normal(vector->shape(), generator, {.dtype = vector->dtype(), .device = vector->device()});
    vector->copy_from(unit(drawn, options_.eps).value());
  }
}

Variable WeightedLayer::matrix() const {
  const Variable rows_first = output_axis_ == 0 ? weight : transpose(weight, 0, output_axis_);
  return reshape(rows_first, {weight.size(output_axis_), -1});
}

void spectral_norm_(Module& network, const SpectralNormOptions& options) {
  network.apply([&](Module& module) {
    auto* layer = dynamic_cast<WeightedLayer*>(&module);
    if (layer != nullptr && !layer->has_normalised_spectrum()) layer->normalise_spectrum(options);
  });
}

}  // namespace saddle::nn
