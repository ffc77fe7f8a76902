#include "gan/losses/auxiliary.h"

#include "autograd/ops.h"

namespace saddle {
namespace {

/// The mean over those of the N whose label is not below 0; 0 if there are none.
Variable labelled_cross_entropy(const Variable& logits, const Variable& labels) {
  const Variable number = cast(labels, logits.dtype());
  const Variable is_known = clamp(number + 1, 0, 1);
  const Variable each = cross_entropy(logits, cast(relu(number), DType::i64), {.reduction = Reduction::none});
  return sum(each * is_known) / clamp(sum(is_known), 1);
}

}  // namespace

AuxiliaryTask class_of_all(int64_t classes) {
  return {
      .name = "loss_c",
      .answers = classes,
      .loss = [](const Variable& logits, const Shown& shown) { return cross_entropy(logits, shown.labels); },
      .of_real = true,
      .of_fake = true,
      .by_generator = true,
      .reads_labels = true,
      .classes = classes};
}

AuxiliaryTask class_of_labelled(int64_t classes) {
  return {.name = "loss_c",
          .answers = classes,
          .loss = [](const Variable& logits,
                     const Shown& shown) { return labelled_cross_entropy(logits, shown.labels); },
          .of_real = true,
          .reads_labels = true,
          .classes = classes};
}

AuxiliaryTask code_of_fakes(const Codes& codes) {
  const auto loss = [=](const Variable& answers, const Shown& shown) {
    const int64_t n = answers.size(0), k = codes.categories;
    const Variable latents = reshape(shown.latents, {n, -1});
    const Variable code = slice(latents, 1, latents.size(1) - codes.length(), latents.size(1));
    const Variable log_q = log_softmax(slice(answers, 1, 0, k), 1);
    Variable total = (-codes.weight_categorical / static_cast<double>(n)) * sum(slice(code, 1, 0, k) * log_q);
    if (codes.continuous > 0) {
      const Variable off = slice(answers, 1, k, codes.length()) - slice(code, 1, k, codes.length());
      total = total + (codes.weight_continuous / (2 * static_cast<double>(n))) * sum(square(off));
    }
    return total;
  };
  return {.name = "loss_q",
          .answers = codes.length(),
          .loss = loss,
          .of_fake = true,
          .by_generator = true,
          .classes = codes.categories};
}

}  // namespace saddle
