// Layers with a weight, and its spectral normalisation: the weight is used divided by its largest singular
// value, so that the layer stretches no vector (Miyato et al., "Spectral Normalization for Generative
// Adversarial Networks", ICLR 2018, algorithm 1).
//
// The value is that of the weight as a matrix W with a row for each output channel, estimated by power
// iteration from vectors that are kept from forward to forward:
//
//   v = W^T u / |W^T u|,  u = W v / |W v|,  sigma = u^T W v;      in use is W / sigma
//
// Each forward in training moves u and v on, once by default, whatever it is for: a discriminator that judges
// real and fake images in turn does so twice an update, as in PyTorch. In evaluation they stay. Gradients
// flow through sigma, with u and v as constants, to any order.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

struct SpectralNormOptions {
  int64_t iterations = 1;  ///< of the power method, at each forward in training
  double eps = 1e-12;      ///< least length that vectors are divided by
};

/// What linear and convolutional layers and embeddings are.
class WeightedLayer : public Module {
 public:
  /// Normalises the weight from now on. In the state, `weight` becomes `weight_orig`, behind which come u
  /// and v as `weight_u` and `weight_v`: the names of torch.nn.utils.spectral_norm, so that the state loads
  /// there. u and v get their values from `reset_parameters` or a state. Throws UsageError for options out of
  /// range, Error if the weight is normalised already.
  void normalise_spectrum(const SpectralNormOptions& options = {});
  bool has_normalised_spectrum() const { return u_.defined(); }

  Variable weight;  ///< what is trained

 protected:
  /// `output_axis`: that of the output channels in the weight, which the layer registers as `weight`.
  explicit WeightedLayer(int output_axis = 0) : output_axis_(output_axis) {}
  /// What forward multiplies by: the weight, or the normalised one.
  Variable used_weight();
  /// u and v: normal vectors scaled to length 1. Layers call it after drawing the weight.
  void reset(Generator& generator) override;

 private:
  Variable matrix() const;

  int output_axis_;
  SpectralNormOptions options_;
  Tensor u_, v_;  // [rows] and [columns] of the matrix; undefined without normalisation
};

/// The layer itself, its weight normalised.
template <class Layer>
std::shared_ptr<Layer> spectral_norm(std::shared_ptr<Layer> layer, const SpectralNormOptions& options = {}) {
  layer->normalise_spectrum(options);
  return layer;
}

/// Normalises every layer of a network but those that are.
void spectral_norm_(Module& network, const SpectralNormOptions& options = {});

}  // namespace saddle::nn
