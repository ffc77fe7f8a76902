#include "gan/games/conditioning.h"

#include "core/error.h"
#include "gan/games/options.h"
#include "gan/networks/conditional.h"
#include "nn/modules/conditional_norm.h"

namespace saddle {

std::vector<Option> conditioning_options(const std::string& conditioning) {
  return {choice_option("conditioning", conditioning,
                        "how networks are told the class; concat: beside their inputs; projection: by "
                        "conditional batch norm and a projection",
                        {"none", "concat", "projection"}),
          classes_option()};
}

Condition::Condition(const Settings& settings) : concat_(settings.text("conditioning") == "concat") {
  require<UsageError>(learns_from_labels(settings) || settings.integer("classes") == 0,
                      "option 'classes': no network is told of them; option 'conditioning' says how");
  if (learns_from_labels(settings)) classes_ = class_count(settings);
}

MakeNorm Condition::norm2d() const {
  if (classes_ == 0 || concat_) return {};
  return [classes = classes_](int64_t width) { return nn::conditional_batch_norm2d(width, classes); };
}

MakeNorm Condition::norm1d() const {
  if (classes_ == 0 || concat_) return {};
  return [classes = classes_](int64_t width) { return nn::conditional_batch_norm1d(width, classes); };
}

std::shared_ptr<nn::Module> Condition::generator(std::shared_ptr<nn::Sequential> network) const {
  return concat_ ? given_class(std::move(network), classes_) : network;
}

std::shared_ptr<nn::Module> Condition::discriminator(std::shared_ptr<nn::Sequential> network) const {
  if (classes_ == 0) return network;
  if (concat_) return given_class(std::move(network), classes_);
  return std::make_shared<ProjectionDiscriminator>(*network, classes_);
}

}  // namespace saddle
