// Options that models share, with their ranges and help, and what is made of their values.
#pragma once
#include "gan/games/adversarial.h"
#include "gan/games/single_loss.h"
#include "gan/settings.h"

namespace saddle {

/// A model's defaults for the common options.
struct CommonDefaults {
  int64_t size = 64;
  int64_t batch = 64;
  double lr = 2e-4;  ///< of both networks
  double beta1 = 0.5, beta2 = 0.999;
  int64_t n_critic = 1;
  double ema = 0;
  std::string loss = "bce", optimizer = "adam", penalty = "none";
  double clip = 0;
  bool spectral_norm = false;
};

/// The common options, followed by the model's own, but for those that take a common one's place.
std::vector<Option> model_options(const CommonDefaults& defaults, const std::vector<Option>& own);
/// A model's defaults for the options of one that minimises a single loss by Adam.
struct SingleLossDefaults {
  int64_t size = 32;
  int64_t batch = 64;
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
};

/// Those options, followed by the model's own, but for those that take one's place.
std::vector<Option> single_loss_options(const SingleLossDefaults& defaults, const std::vector<Option>& own);
/// `name`, a count of channels or the like: from 1 to 4096.
Option width_option(const std::string& name, int64_t width, const std::string& help);

/// Text that is one of `choices`.
Option choice_option(const std::string& name, const std::string& value, const std::string& help,
                     const std::vector<std::string>& choices);

/// What the option `channels` says. Throws UsageError unless 1 or 3: who knows the data replaces 0.
int64_t image_channels(const Settings& settings);

/// Whether the model reads the labels of images: it has the option `classes`, and where the option
/// `conditioning` leaves that open, it is not `none`.
bool learns_from_labels(const Settings& settings);
/// `classes`, of models that learn from labels.
Option classes_option();
/// What it says. Throws UsageError for 0, which who knows the data replaces.
int64_t class_count(const Settings& settings);

/// The learning rate as `lr-schedule` and its kin have it, from the value of the option `lr`. The decay ends
/// with `lr-decay-end` or, where that is 0, with the option `steps` if there is one. Throws UsageError unless
/// it ends after it starts.
nn::Schedule schedule_from(const Settings& settings, const std::string& lr);
/// What the options of single_loss_options say.
SingleLossOptions single_loss(const Settings& settings);
/// For models whose discriminator always normalises by batch: throws UsageError for options that this stands
/// in the way of.
void check_batch_normalised(const Settings& settings, const std::string& model);
/// Throws UsageError that names the option and the reason where options make no sense together.
AdversarialOptions adversarial_options(const Settings& settings);

}  // namespace saddle
