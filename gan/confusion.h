// How often one class is taken for another.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gan/classifier.h"
#include "gan/data/loader.h"

namespace saddle {

class Confusion {
 public:
  /// Nothing counted yet.
  explicit Confusion(int64_t classes) : classes_(classes), counts_(static_cast<size_t>(classes * classes)) {}

  /// Counts labels and what they were taken for, both i64 [N] on the host. Throws UsageError for a label that
  /// is no class.
  void add(const Tensor& labels, const Tensor& taken_for);

  int64_t classes() const { return classes_; }
  int64_t count(int64_t label, int64_t taken_for) const {
    return counts_[static_cast<size_t>(label * classes_ + taken_for)];
  }
  /// Of all classes; of one.
  int64_t total() const;
  int64_t total(int64_t label) const;
  /// Share of those that were told rightly; 0 of none.
  double accuracy() const;
  double accuracy(int64_t label) const;

  /// The same counts, but for answers: what was `answer_of[i]` is called i.
  Confusion renamed(const std::vector<int64_t>& answer_of) const;

 private:
  int64_t classes_;
  std::vector<int64_t> counts_;
};

/// The answer that goes with each class, in the one-to-one matching that makes the most answers right.
std::vector<int64_t> best_answers(const Confusion& confusion);

/// What the classifier makes of the first `count` images of a labelled source, or of all if that is 0. Images
/// come, and errors too, as from for_labelled (gan/data/pass.h). Of a classifier that knows no labels,
/// answers are its categories, and classes as many as there are categories or labels, whichever are more.
Confusion evaluate(Classifier& classifier, const std::shared_ptr<const Source>& source,
                   const LoaderOptions& options, int64_t count = 0);

/// What the classifier makes of images that a generator, given classes, made: `count` in all, in the order of
/// seeds 0, 1, .. and of classes 0, 1, .., over and over; labels are the classes asked for. Throws UsageError
/// unless both know as many classes.
Confusion evaluate_generator(Classifier& classifier, Game& generator, int64_t count);

}  // namespace saddle
