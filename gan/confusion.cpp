#include "gan/confusion.h"

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "gan/data/pass.h"
#include "gan/generated.h"
#include "gan/matching.h"

namespace saddle {
namespace {

double share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Confusion::add(const Tensor& labels, const Tensor& taken_for) {
  require(labels.shape() == taken_for.shape(), "confusion: labels ", labels.shape(), ", taken for ",
          taken_for.shape());
  for (int64_t i = 0; i < labels.numel(); ++i) {
    const int64_t label = labels.data<int64_t>()[i];
    require<UsageError>(label >= 0 && label < classes_, "class ", label, " is none of the classifier's ",
                        classes_);
    ++counts_[static_cast<size_t>(label * classes_ + taken_for.data<int64_t>()[i])];
  }
}

int64_t Confusion::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}

int64_t Confusion::total(int64_t label) const {
  const auto row = counts_.begin() + label * classes_;
  return std::accumulate(row, row + classes_, int64_t{0});
}

double Confusion::accuracy() const {
  int64_t right = 0;
  for (int64_t label = 0; label < classes_; ++label) right += count(label, label);
  return share(right, total());
}

double Confusion::accuracy(int64_t label) const {
  return share(count(label, label), total(label));
}

Confusion Confusion::renamed(const std::vector<int64_t>& answer_of) const {
  Confusion other(classes_);
  for (int64_t label = 0; label < classes_; ++label)
    for (int64_t i = 0; i < classes_; ++i)
      other.counts_[static_cast<size_t>(label * classes_ + i)] =
          count(label, answer_of[static_cast<size_t>(i)]);
  return other;
}

std::vector<int64_t> best_answers(const Confusion& confusion) {
  std::vector<int64_t> right;
  for (int64_t label = 0; label < confusion.classes(); ++label)
    for (int64_t answer = 0; answer < confusion.classes(); ++answer)
      right.push_back(confusion.count(label, answer));
  return best_matching(right, confusion.classes());
}

Confusion evaluate(Classifier& classifier, const std::shared_ptr<const Source>& source,
                   const LoaderOptions& options, int64_t count) {
  int64_t classes = classifier.class_count();
  if (!classifier.knows_labels()) classes = std::max(classes, static_cast<int64_t>(source->classes().size()));
  Confusion confusion(classes);
  for_labelled(source, options, count,
               [&](const Batch& batch) { confusion.add(batch.labels, classify(classifier, batch.images)); });
  return confusion;
}

Confusion evaluate_generator(Classifier& classifier, Game& generator, int64_t count) {
  const int64_t classes = classifier.class_count();
  require<UsageError>(generator.generates() && generator.classes() == classes,
                      "the generator makes images of ", generator.generates() ? generator.classes() : 0,
                      " classes, the classifier tells ", classes);
  Confusion confusion(classes);
  for_generated(generator, count, [&](const Tensor& images, const Tensor& asked) {
    confusion.add(asked, classify(classifier, images));
  });
  return confusion;
}

}  // namespace saddle
