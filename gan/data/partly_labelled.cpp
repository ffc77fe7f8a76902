#include "gan/data/partly_labelled.h"

#include "core/error.h"

namespace saddle {
namespace {

class PartlyLabelled : public Source {
 public:
  PartlyLabelled(std::shared_ptr<const Source> source, std::vector<int64_t> labelled)
      : source_(std::move(source)), labelled_(std::move(labelled)) {}

  std::string description() const override {
    return concat(source_->description(), ", ", labelled_.size(), " of them labelled");
  }
  int64_t size() const override { return 2 * source_->size(); }
  const std::vector<std::string>& classes() const override { return source_->classes(); }
  std::string name(int64_t i) const override { return source_->name(original(i)); }
  void prepare() const override { source_->prepare(); }
  Example load(int64_t i) const override {
    Example example = source_->load(original(i));
    if (i < source_->size()) example.label = -1;
    return example;
  }
  int64_t label(int64_t i) const override { return i < source_->size() ? -1 : source_->label(original(i)); }

 private:
  int64_t original(int64_t i) const {
    const auto behind = static_cast<size_t>(i - source_->size());
    return i < source_->size() ? i : labelled_[behind % labelled_.size()];
  }

  std::shared_ptr<const Source> source_;
  std::vector<int64_t> labelled_;
};

}  // namespace

std::shared_ptr<const Source> partly_labelled(std::shared_ptr<const Source> source, int64_t labelled) {
  const std::vector<std::string>& classes = source->classes();
  const auto count = static_cast<int64_t>(classes.size());
  require<UsageError>(count > 0 && labelled > 0 && labelled % count == 0, "labelled: ", labelled,
                      " images cannot be as many of each of ", count, " classes");
  std::vector<int64_t> chosen, missing(classes.size(), labelled / count);
  for (int64_t i = 0; i < source->size() && static_cast<int64_t>(chosen.size()) < labelled; ++i) {
    const int64_t label = source->label(i);
    if (label < 0 || missing[static_cast<size_t>(label)] == 0) continue;
    --missing[static_cast<size_t>(label)];
    chosen.push_back(i);
  }
  for (size_t label = 0; label < classes.size(); ++label)
    require<UsageError>(missing[label] == 0, "labelled: class ", classes[label], " has only ",
                        labelled / count - missing[label], " images, not ", labelled / count);
  return std::make_shared<PartlyLabelled>(std::move(source), std::move(chosen));
}

}  // namespace saddle
