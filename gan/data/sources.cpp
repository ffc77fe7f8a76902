#include "gan/data/sources.h"

#include <algorithm>

#include "core/io/image.h"

namespace saddle {
namespace {

std::string count(int64_t n, const char* one, const char* many) {
  return concat(n, ' ', n == 1 ? one : many);
}

std::string describe(const std::string& format, int64_t images, const std::string& extent, size_t classes) {
  const std::string text = concat(format, ", ", count(images, "image", "images"), extent);
  return classes == 0 ? text : text + ", " + count(static_cast<int64_t>(classes), "class", "classes");
}

/// `0`, `1`, … up to the greatest label.
std::vector<std::string> numbered(const int64_t* labels, int64_t n) {
  std::vector<std::string> names;
  for (int64_t i = 0, greatest = *std::max_element(labels, labels + n); i <= greatest; ++i)
    names.push_back(std::to_string(i));
  return names;
}

}  // namespace

ArraySource::ArraySource(std::string format, std::string origin, Tensor images, Tensor labels,
                         std::vector<std::string> classes)
    : format_(std::move(format)),
      origin_(std::move(origin)),
      images_(std::move(images)),
      labels_(std::move(labels)),
      classes_(std::move(classes)) {
  if (labels_.defined() && classes_.empty()) classes_ = numbered(labels_.data<int64_t>(), labels_.numel());
}

std::string ArraySource::description() const {
  return describe(format_, size(), concat(' ', images_.size(3), 'x', images_.size(2)), classes_.size());
}

std::string ArraySource::name(int64_t i) const {
  return concat(origin_, ", image ", i);
}

Example ArraySource::load(int64_t i) const {
  const int64_t channels = images_.size(1), plane = images_.size(2) * images_.size(3);
  Example example{Tensor::empty({images_.size(2), images_.size(3), channels}, DType::u8), label(i)};
  const auto* from = images_.data<uint8_t>() + i * channels * plane;
  auto* to = example.pixels.data<uint8_t>();
  for (int64_t at = 0; at < plane; ++at)
    for (int64_t c = 0; c < channels; ++c) *to++ = from[c * plane + at];
  return example;
}

int64_t ArraySource::label(int64_t i) const {
  return labels_.defined() ? labels_.data<int64_t>()[i] : -1;
}

FileSource::FileSource(std::string format, std::vector<std::filesystem::path> files,
                       std::vector<int64_t> labels, std::vector<std::string> classes)
    : format_(std::move(format)),
      files_(std::move(files)),
      labels_(std::move(labels)),
      classes_(std::move(classes)) {
  if (!labels_.empty() && classes_.empty())
    classes_ = numbered(labels_.data(), static_cast<int64_t>(labels_.size()));
}

std::string FileSource::description() const {
  return describe(format_, size(), "", classes_.size());
}

Example FileSource::load(int64_t i) const {
  return {read_image(files_[static_cast<size_t>(i)]).pixels, label(i)};
}

}  // namespace saddle
