// What networks have to do with classes, as options have it: by which parts, and of how many classes.
#pragma once
#include "gan/losses/auxiliary.h"
#include "gan/networks/normalization.h"
#include "gan/settings.h"
#include "nn/modules/sequential.h"

namespace saddle {

/// `conditioning`, with that default, and `classes`.
std::vector<Option> conditioning_options(const std::string& conditioning);

/// none        networks know no classes
/// concat      the class is joined to the inputs of both networks
/// projection  conditional batch norm in the generator's blocks, a projection discriminator
/// auxiliary   the class is joined to the generator's input; the discriminator is not given it but tells it
///
/// To build networks with: they are made for inputs of so many more channels as are joined to latents and
/// images, and with the generator's norm, and go through generator() and discriminator(). The game is given
/// the task().
class Condition {
 public:
  /// Throws UsageError for `classes` without conditioning, and as class_count does with.
  explicit Condition(const Settings& settings);

  /// 0: none.
  int64_t classes() const { return classes_; }
  /// Channels that are added to latents; to images.
  int64_t joined_to_latents() const { return how_ == How::concat || how_ == How::auxiliary ? classes_ : 0; }
  int64_t joined_to_images() const { return how_ == How::concat ? classes_ : 0; }
  /// The norm of the generator's blocks, of images and of vectors; empty where it knows no class.
  MakeNorm norm2d() const;
  MakeNorm norm1d() const;

  std::shared_ptr<nn::Module> generator(std::shared_ptr<nn::Sequential> network) const;
  std::shared_ptr<nn::Module> discriminator(std::shared_ptr<nn::Sequential> network) const;
  /// What the discriminator answers beside; by default nothing.
  AuxiliaryTask task() const;

 private:
  enum class How { none, concat, projection, auxiliary };
  static How how(const std::string& conditioning);

  How how_;
  int64_t classes_ = 0;
};

}  // namespace saddle
