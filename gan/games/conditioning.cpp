#include "gan/games/conditioning.h"

#include <algorithm>

#include "core/error.h"
#include "gan/games/options.h"
#include "gan/networks/conditional.h"
#include "nn/modules/conditional_norm.h"

namespace saddle {
namespace {

/// In the order of Condition's How.
const std::vector<std::string> choices = {"none", "concat", "projection", "auxiliary"};

}  // namespace

std::vector<Option> conditioning_options(const std::string& conditioning) {
  return {choice_option("conditioning", conditioning,
                        "what networks have to do with the class; concat: they are given it beside their "
                        "inputs; projection: by conditional batch norm and a projection; auxiliary: the "
                        "generator is given it, the discriminator tells it",
                        choices),
          classes_option()};
}

Condition::How Condition::how(const std::string& conditioning) {
  return static_cast<How>(std::ranges::find(choices, conditioning) - choices.begin());
}

Condition::Condition(const Settings& settings) : how_(how(settings.text("conditioning"))) {
  require<UsageError>(learns_from_labels(settings) || settings.integer("classes") == 0,
                      "option 'classes': no network is told of them; option 'conditioning' says how");
  if (learns_from_labels(settings)) classes_ = class_count(settings);
}

MakeNorm Condition::norm2d() const {
  if (how_ != How::projection) return {};
  return [classes = classes_](int64_t width) { return nn::conditional_batch_norm2d(width, classes); };
}

MakeNorm Condition::norm1d() const {
  if (how_ != How::projection) return {};
  return [classes = classes_](int64_t width) { return nn::conditional_batch_norm1d(width, classes); };
}

std::shared_ptr<nn::Module> Condition::generator(std::shared_ptr<nn::Sequential> network) const {
  return joined_to_latents() > 0 ? given_class(std::move(network), classes_) : network;
}

std::shared_ptr<nn::Module> Condition::discriminator(std::shared_ptr<nn::Sequential> network) const {
  switch (how_) {
    case How::none:
      break;
    case How::concat:
      return given_class(std::move(network), classes_);
    case How::projection:
      return std::make_shared<ProjectionDiscriminator>(*network, classes_);
    case How::auxiliary:
      return with_class_head(*network, classes_);
  }
  return network;
}

AuxiliaryTask Condition::task() const {
  return how_ == How::auxiliary ? class_of_all(classes_) : AuxiliaryTask();
}

}  // namespace saddle
