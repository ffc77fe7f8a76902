#include "gan/run/sampling.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "gan/batch_shape.h"
#include "gan/data/grid.h"
#include "gan/modes.h"

namespace saddle {
namespace {

constexpr size_t most_seeds = 65536;

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double dot(const Tensor& a, const Tensor& b) {
  const auto *x = a.data<float>(), *y = b.data<float>();
  double sum = 0;
  for (int64_t i = 0; i < a.numel(); ++i) sum += double{x[i]} * y[i];
  return sum;
}

}  // namespace

std::vector<uint64_t> parse_seeds(const std::string& text) {
  std::vector<uint64_t> seeds;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string_view item = std::string_view(text).substr(at, end - at);
    const size_t dash = item.find('-');
    const auto first = parse_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1));
    require<UsageError>(first && last && *first <= *last, "seeds '", text, "': '", item,
                        "' is neither a number nor a range; a list is written 0,1,4-6");
    require<UsageError>(*last - *first < most_seeds && seeds.size() + (*last - *first) < most_seeds,
                        "seeds '", text, "': more than ", most_seeds);
    for (uint64_t seed = *first; seeds.push_back(seed), seed != *last; ++seed) continue;
    at = end + 1;
  }
  return seeds;
}

std::vector<int64_t> parse_classes(const std::string& text, int64_t classes) {
  std::vector<int64_t> chosen;
  if (text == "all") {
    chosen.resize(static_cast<size_t>(classes));
    std::iota(chosen.begin(), chosen.end(), int64_t{0});
    return chosen;
  }
  for (const uint64_t number : parse_seeds(text)) {
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

Tensor interpolate(const Tensor& a, const Tensor& b, int64_t frames, Path path) {
  require(a.shape() == b.shape() && a.dtype() == DType::f32 && b.dtype() == DType::f32,
          "interpolate: ", a.dtype(), a.shape(), " and ", b.dtype(), b.shape(),
          " are not two f32 latents of one shape");
  require<UsageError>(frames >= 2, "interpolate: ", frames, " frames do not hold both ends");
  const Tensor from = a.to(Device{}), to = b.to(Device{});
  const double lengths = std::sqrt(dot(from, from) * dot(to, to));
  const double angle = lengths > 0 ? std::acos(std::clamp(dot(from, to) / lengths, -1.0, 1.0)) : 0;
  // Where the ends point (almost) the same or opposite ways, no great circle is distinguished.
  const bool straight = path == Path::linear || std::sin(angle) < 1e-6;

  Tensor latents = Tensor::empty(batch_shape(frames, a.shape()));
  auto* out = latents.data<float>();
  for (int64_t frame = 0; frame < frames; ++frame) {
    const double t = static_cast<double>(frame) / static_cast<double>(frames - 1);
    const double wa = straight ? 1 - t : std::sin((1 - t) * angle) / std::sin(angle);
    const double wb = straight ? t : std::sin(t * angle) / std::sin(angle);
    for (int64_t i = 0; i < a.numel(); ++i)
      *out++ = static_cast<float>(wa * from.data<float>()[i] + wb * to.data<float>()[i]);
  }
  return latents;
}

}  // namespace saddle
