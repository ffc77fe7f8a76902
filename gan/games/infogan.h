// InfoGAN: Chen, Duan, Houthooft, Schulman, Sutskever and Abbeel, "InfoGAN: Interpretable Representation
// Learning by Information Maximizing Generative Adversarial Nets", NeurIPS 2016.
#pragma once
#include "gan/games/telling.h"

namespace saddle {

/// Latents are noise, then a one-hot code of the categories, then the continuous codes.
DrawLatents latents_with_codes(const Shape& latent, const Codes& codes);

/// A game whose networks hide codes in images and read them back. The categories are what the data falls into
/// by itself: they take the place of classes where images are asked for, and where they are told.
class InfoGanGame : public TellingGame {
 public:
  InfoGanGame(const AdversarialNetworks& networks, const AdversarialOptions& options, const Codes& codes,
              Device device)
      : TellingGame(networks, options, device), codes_(codes) {}

  int64_t classes() const override { return codes_.categories; }
  int64_t normal_numbers() const override { return latent_shape().numel() - codes_.length(); }
  /// As of classes: the label is the category, whichever the latent holds.
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;
  Variable images_from(const Variable& latents, const Tensor& labels = {}) override;
  bool knows_labels() const override { return false; }

 private:
  /// The latents with the categories that the labels say. Throws as generate() does.
  Variable coded(const Variable& latents, const Tensor& labels) const;

  Codes codes_;
};

}  // namespace saddle
