// A model as the training loop sees it: a game between networks. It owns them, their optimisers and
// schedules. The loop knows games, not GANs.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "core/named_tensors.h"
#include "gan/batch.h"
#include "gan/latents.h"
#include "gan/settings.h"
#include "nn/module.h"

namespace saddle {

/// Named numbers of one step, in the order in which they are shown: `loss_d`, `loss_g`, …
using Scalars = std::vector<std::pair<std::string, double>>;

class Game {
 public:
  virtual ~Game() = default;

  /// One training step on batches_per_step() batches, one after another from the loader.
  virtual Scalars step(const std::vector<Batch>& batches) = 0;
  /// More than one where a step updates the discriminator n_critic times, each time on images of its own.
  virtual int64_t batches_per_step() const { return 1; }

  /// Whether it makes images; where it does not, nothing is asked of it up to generate().
  virtual bool generates() const { return true; }
  /// Classes of which images can be asked for; 0: it knows none.
  virtual int64_t classes() const { return 0; }
  /// Extents of one latent vector, without the batch.
  virtual Shape latent_shape() const = 0;
  /// Latents f32 [seeds.size(), latent_shape...], each a function of its seed alone.
  virtual Tensor latents(const std::vector<uint64_t>& seeds) const;
  /// How many numbers of a latent, the first ones, are standard normal and independent.
  virtual int64_t normal_numbers() const { return latent_shape().numel(); }
  /// Images f32 [N, C, H, W] in [-1, 1], or points [N, 2, 1, 1], for latents f32 [N, latent_shape...] and,
  /// where it knows classes, labels i64 [N], from the network that sampling uses (the moving average where
  /// there is one), in evaluation mode. Changes no state.
  virtual Tensor generate(const Tensor& latents, const Tensor& labels = {}) = 0;
  /// As generate(), all at once: latents and images lie on the game's device, and gradients flow to the
  /// latents and to no weight. Throws UsageError where it makes no images.
  virtual Variable images_from(const Variable& latents, const Tensor& labels = {});

  /// Whether it encodes images and makes them again; where it does not, reconstruct() is not called.
  virtual bool reconstructs() const { return false; }
  /// Images [N, C, H, W] as the networks were given them, and as they make them again, in evaluation mode.
  /// Changes no state.
  virtual std::vector<Tensor> reconstruct(const Tensor&) { return {}; }

  /// Networks by name, in order: `generator`, `discriminator`, and `generator_ema` where there is one.
  virtual std::vector<std::pair<std::string, nn::Module*>> networks() = 0;
  /// Everything that training needs to go on to the same bit: networks as `<network>.<PyTorch name>`,
  /// optimisers as `optimizer_g.<...>`, random streams as `random.<...>`.
  virtual NamedTensors state() = 0;
  /// Throws Error that names what is missing, unexpected or of another shape; then nothing is changed.
  virtual void load_state(const NamedTensors& state) = 0;
};

/// A name in `gan-train models`.
struct Model {
  std::string name;                  ///< `dcgan`
  std::string title;                 ///< one line for the table of models
  std::string paper;                 ///< authors, title, venue, year
  std::vector<Option> options = {};  ///< its own, and its defaults for the common ones
  /// Builds the game; random initial weights from the option `seed`. Throws UsageError for options or sizes
  /// that the model can't take.
  std::function<std::unique_ptr<Game>(const Settings&, Device)> make = {};
  /// Defaults that hold where the data are points of the plane; empty: it learns images alone.
  std::vector<std::pair<std::string, SettingValue>> for_points = {};
};

/// All models, in the order of the table.
const std::vector<Model>& models();
/// Throws UsageError that lists the names there are.
const Model& find_model(const std::string& name);

}  // namespace saddle
