#include "gan/classifier.h"

#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {

Classifier& classifier_in(Game& game, const std::string& origin) {
  auto* classifier = dynamic_cast<Classifier*>(&game);
  require<UsageError>(classifier != nullptr, origin, ": its model tells no classes; a classifier does");
  return *classifier;
}

bool has_own_categories(const Game& game) {
  const auto* classifier = dynamic_cast<const Classifier*>(&game);
  return classifier != nullptr && !classifier->knows_labels();
}

Tensor classify(Classifier& classifier, const Tensor& images) {
  const NoGrad no_grad;
  return argmax(classifier.logits(images.to(classifier.device())), 1).value().to(Device{});
}

}  // namespace saddle
