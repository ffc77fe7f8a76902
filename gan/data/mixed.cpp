#include "gan/data/mixed.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace saddle {
namespace {

class First : public Source {
 public:
  First(std::shared_ptr<const Source> source, int64_t count) : source_(std::move(source)), count_(count) {}

  std::string description() const override {
    return concat(source_->description(), ", the first ", count_, " of them");
  }
  int64_t size() const override { return count_; }
  const std::vector<std::string>& classes() const override { return source_->classes(); }
  std::string name(int64_t i) const override { return source_->name(i); }
  void prepare() const override { source_->prepare(); }
  Example load(int64_t i) const override { return source_->load(i); }
  int64_t label(int64_t i) const override { return source_->label(i); }

 private:
  std::shared_ptr<const Source> source_;
  int64_t count_;
};

class Mixed : public Source {
 public:
  Mixed(std::shared_ptr<const Source> first, std::shared_ptr<const Source> second, double share)
      : first_(std::move(first)), second_(std::move(second)), share_(share) {
    const auto of_first = static_cast<double>(first_->size()),
               of_second = static_cast<double>(second_->size());
    const double all = std::max(of_first / share, of_second / (1 - share));
    from_first_ = std::max(first_->size(), rounded(all * share));
    size_ = from_first_ + std::max(second_->size(), rounded(all * (1 - share)));
  }

  std::string description() const override {
    return concat(first_->description(), ", ", share_, " of all; and ", second_->description());
  }
  int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return first_->classes(); }
  std::string name(int64_t i) const override { return source(i).name(place(i)); }
  void prepare() const override {
    first_->prepare();
    second_->prepare();
  }
  Example load(int64_t i) const override { return source(i).load(place(i)); }
  int64_t label(int64_t i) const override { return source(i).label(place(i)); }

 private:
  static int64_t rounded(double count) { return static_cast<int64_t>(std::llround(count)); }
  const Source& source(int64_t i) const { return i < from_first_ ? *first_ : *second_; }
  int64_t place(int64_t i) const {
    return i < from_first_ ? i % first_->size() : (i - from_first_) % second_->size();
  }

  std::shared_ptr<const Source> first_, second_;
  double share_;
  int64_t from_first_ = 0, size_ = 0;
};

class WithoutLabels : public Source {
 public:
  explicit WithoutLabels(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  std::string description() const override { return source_->description() + ", without labels"; }
  int64_t size() const override { return source_->size(); }
  const std::vector<std::string>& classes() const override { return none_; }
  std::string name(int64_t i) const override { return source_->name(i); }
  void prepare() const override { source_->prepare(); }
  Example load(int64_t i) const override { return {.pixels = source_->load(i).pixels, .label = -1}; }
  int64_t label(int64_t) const override { return -1; }

 private:
  std::shared_ptr<const Source> source_;
  std::vector<std::string> none_;
};

}  // namespace

std::shared_ptr<const Source> first_images(std::shared_ptr<const Source> source, int64_t count) {
  if (count >= source->size()) return source;
  return std::make_shared<First>(std::move(source), count);
}

std::shared_ptr<const Source> mixed(std::shared_ptr<const Source> first, std::shared_ptr<const Source> second,
                                    double share) {
  require<UsageError>(share >= 0.01 && share <= 0.99, "mixed: a share of ", share,
                      " is not from 0.01 to 0.99");
  return std::make_shared<Mixed>(std::move(first), std::move(second), share);
}

std::shared_ptr<const Source> without_labels(std::shared_ptr<const Source> source) {
  return std::make_shared<WithoutLabels>(std::move(source));
}

}  // namespace saddle
