// The kinds of source behind open_source. Which one a path is, gan/data/open.cpp decides.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gan/data/source.h"

namespace saddle {

/// Images of one size held in memory.
class ArraySource : public Source {
 public:
  /// `images` u8 [N,C,H,W], planes as in CIFAR-10; `labels` i64 [N] or undefined; `origin` is the file's
  /// name, for messages. Labels without `classes` are named by their number.
  ArraySource(std::string format, std::string origin, Tensor images, Tensor labels,
              std::vector<std::string> classes);

  std::string description() const override;
  int64_t size() const override { return images_.size(0); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override;
  Example load(int64_t i) const override;
  int64_t label(int64_t i) const override;

 private:
  std::string format_, origin_;
  Tensor images_, labels_;
  std::vector<std::string> classes_;
};

/// A file an image, decoded when it is asked for.
class FileSource : public Source {
 public:
  /// `labels` as long as `files`, or empty. Labels without `classes` are named by their number.
  FileSource(std::string format, std::vector<std::filesystem::path> files, std::vector<int64_t> labels,
             std::vector<std::string> classes);

  std::string description() const override;
  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override { return files_[static_cast<size_t>(i)].string(); }
  Example load(int64_t i) const override;
  int64_t label(int64_t i) const override { return labels_.empty() ? -1 : labels_[static_cast<size_t>(i)]; }

 private:
  std::string format_;
  std::vector<std::filesystem::path> files_;
  std::vector<int64_t> labels_;
  std::vector<std::string> classes_;
};

/// 50,000 pictures of a coloured shape on a soft background, 128x128 RGB, labelled by shape, drawn when they
/// are asked for. Picture i is a function of (seed, i); its shape is number i modulo their count.
class ShapesSource : public Source {
 public:
  explicit ShapesSource(uint64_t seed) : seed_(seed) {}

  std::string description() const override;
  int64_t size() const override { return 50000; }
  const std::vector<std::string>& classes() const override;
  std::string name(int64_t i) const override;
  Example load(int64_t i) const override;
  int64_t label(int64_t i) const override;

 private:
  uint64_t seed_;
};

}  // namespace saddle
