// The class that networks are given, as options have it: by which parts, and of how many classes.
#pragma once
#include "gan/networks/normalization.h"
#include "gan/settings.h"
#include "nn/modules/sequential.h"

namespace saddle {

/// `conditioning`, with that default, and `classes`.
std::vector<Option> conditioning_options(const std::string& conditioning);

/// none        networks know no classes
/// concat      the class is joined to the inputs of both networks
/// projection  conditional batch norm in the generator's blocks, a projection discriminator
///
/// To build networks with: they are made for inputs of `joined()` more channels and with the generator's
/// norm, and go through generator() and discriminator().
class Condition {
 public:
  /// Throws UsageError for `classes` without conditioning, and as class_count does with.
  explicit Condition(const Settings& settings);

  /// 0: none.
  int64_t classes() const { return classes_; }
  /// Channels that concat adds to latents and images.
  int64_t joined() const { return concat_ ? classes_ : 0; }
  /// The norm of the generator's blocks, of images and of vectors; empty where it knows no class.
  MakeNorm norm2d() const;
  MakeNorm norm1d() const;

  std::shared_ptr<nn::Module> generator(std::shared_ptr<nn::Sequential> network) const;
  std::shared_ptr<nn::Module> discriminator(std::shared_ptr<nn::Sequential> network) const;

 private:
  int64_t classes_ = 0;
  bool concat_ = false;
};

}  // namespace saddle
