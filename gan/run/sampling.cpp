#include "gan/run/sampling.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "gan/data/grid.h"
#include "gan/modes.h"

namespace saddle {
namespace {

constexpr size_t most_numbers = 65536;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// `what`: of what the text is a list, for messages.
std::vector<uint64_t> parse_numbers(const char* what, const std::string& text) {
  std::vector<uint64_t> numbers;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = std::string_view(text).substr(at, end - at);
    const size_t dash = item.find('-');
    const auto first = parse_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1));
    require<UsageError>(first && last && *first <= *last, what, " '", text, "': '", item,
                        "' is neither a number nor a range; a list is written 0,1,4-6");
    require<UsageError>(*last - *first < most_numbers && numbers.size() + (*last - *first) < most_numbers,
                        what, " '", text, "': more than ", most_numbers);
    for (uint64_t number = *first; numbers.push_back(number), number != *last; ++number) continue;
    at = end + 1;
  }
  return numbers;
}

}  // namespace

std::vector<uint64_t> parse_seeds(const std::string& text) {
  return parse_numbers("seeds", text);
}

std::vector<int64_t> parse_classes(const std::string& text, int64_t classes) {
  std::vector<int64_t> chosen;
  if (text == "all") {
    chosen.resize(static_cast<size_t>(classes));
    std::iota(chosen.begin(), chosen.end(), int64_t{0});
    return chosen;
  }
  for (const uint64_t number : parse_numbers("classes", text)) {
    require<UsageError>(number < static_cast<uint64_t>(classes), "class ", number, ": the model knows ",
                        classes, ", from 0 on");
    chosen.push_back(static_cast<int64_t>(number));
  }
  return chosen;
}

SampleInputs each_class(const Tensor& latents, const std::vector<int64_t>& classes) {
  const int64_t each = latents.size(0), count = static_cast<int64_t>(classes.size()) * each;
  Shape shape = latents.shape();
  shape.set(0, count);
  SampleInputs inputs{Tensor::empty(shape), Tensor::empty({count}, DType::i64)};
  auto* out = inputs.latents.data<float>();
  auto* label = inputs.labels.data<int64_t>();
  for (const int64_t one : classes) {
    out = std::copy_n(latents.data<float>(), latents.numel(), out);
    label = std::fill_n(label, each, one);
  }
  return inputs;
}

Tensor picture_of(const Tensor& samples, int64_t columns, const std::string& data) {
  if (samples.size(1) != 2) return image_grid(samples, columns);
  const Mixture* mixture = find_mixture(data);
  require<Error>(mixture != nullptr, "points of ", data, ", which is no mixture that is built in");
  return draw(plot_points(describe(mode_coverage(*mixture, samples)), *mixture, samples));
}

}  // namespace saddle
