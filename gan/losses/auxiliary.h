// What a discriminator answers beside how real an image is, and both networks learn from: its class (AC-GAN,
// semi-supervised GAN), the code that it was made from (InfoGAN). Games take such a task and know no formula.
#pragma once
#include <functional>
#include <string>

#include "autograd/variable.h"

namespace saddle {

/// What is known of images.
struct Shown {
  Variable labels;   ///< i64 [N]; undefined where there are none
  Variable latents;  ///< that they were made from; undefined for real ones
};

struct AuxiliaryTask {
  std::string name;     ///< of the loss, as the log has it
  int64_t answers = 0;  ///< to an image: the discriminator gives [N, 1 + answers]; 0: there is no task
  /// The loss of answers [N, answers], a scalar, with its weight.
  std::function<Variable(const Variable& answers, const Shown& shown)> loss = {};
  bool of_real = false, of_fake = false;  ///< which images the discriminator learns it from
  bool by_generator = false;              ///< whether the generator learns it, from its fakes
  bool reads_labels = false;
  int64_t classes = 0;  ///< so many of the answers, the first ones, are logits of classes
};

/// The class of real and fake images, by cross entropy, as the auxiliary classifier of Odena, Olah and
/// Shlens, "Conditional Image Synthesis With Auxiliary Classifier GANs", ICML 2017, section 4: discriminator
/// and generator both maximise L_C. Logged as `loss_c`.
AuxiliaryTask class_of_all(int64_t classes);

/// The class of those real images that have one, by cross entropy; a label below 0 is none. For the K + 1
/// classes of Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 5. Logged as
/// `loss_c`.
AuxiliaryTask class_of_labelled(int64_t classes);

/// The latent codes of Chen et al., "InfoGAN", NeurIPS 2016: the last entries of a latent are one one-hot
/// code of `categories` classes and `continuous` numbers, uniform in [-1, 1).
struct Codes {
  int64_t categories = 10, continuous = 2;
  double weight_categorical = 1, weight_continuous = 0.1;  ///< lambda of section 4, of either kind

  int64_t length() const { return categories + continuous; }
};

/// The code that a fake image was made from: -lambda L_I of equation 5, without the codes' constant entropy.
/// Of the posterior Q, the answers are the logits of the category, and the means of Gaussians of variance 1.
/// The discriminator shares its features with Q, so that both networks minimise it. Logged as `loss_q`.
AuxiliaryTask code_of_fakes(const Codes& codes);

}  // namespace saddle
