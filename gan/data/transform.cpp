#include "gan/data/transform.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace saddle {
namespace {

/// What each of `out` places along an axis is made of: places first, first + 1, … of `in`, and their weights.
class Taps {
 public:
  Taps(int64_t in, int64_t out) {
    const double scale = static_cast<double>(in) / static_cast<double>(out);
    const double reach = std::max(scale, 1.0);
    for (int64_t i = 0; i < out; ++i) {
      const double centre = (static_cast<double>(i) + 0.5) * scale;
      const auto begin = static_cast<int64_t>(std::max(0.0, std::floor(centre - reach + 0.5)));
      const int64_t end = std::min(in, static_cast<int64_t>(centre + reach + 0.5));
      const auto triangle = [&](int64_t at) {
        return std::max(0.0, 1.0 - std::abs(static_cast<double>(at) + 0.5 - centre) / reach);
      };
      double sum = 0;
      for (int64_t at = begin; at < end; ++at) sum += triangle(at);
      spans_.push_back({begin, weights_.size(), weights_.size() + static_cast<size_t>(end - begin)});
      for (int64_t at = begin; at < end; ++at) weights_.push_back(static_cast<float>(triangle(at) / sum));
    }
  }

  int64_t first(int64_t i) const { return spans_[static_cast<size_t>(i)].first; }
  std::span<const float> weights(int64_t i) const {
    const Span& s = spans_[static_cast<size_t>(i)];
    return {weights_.data() + s.begin, s.end - s.begin};
  }

 private:
  struct Span {
    int64_t first;
    size_t begin, end;  // in weights_
  };
  std::vector<Span> spans_;
  std::vector<float> weights_;
};

/// Resizes H rows of W x C floats, which `read(y, row)` gives one at a time, down the columns and then along
/// the rows; `write(y, x, c, value)` takes the result. Only one row is held, however large the image.
template <class Read, class Write>
void resample(const Shape& shape, int64_t height, int64_t width, Read read, Write write) {
  const int64_t channels = shape[2], row_size = shape[1] * channels;
  const Taps down(shape[0], height), along(shape[1], width);
  std::vector<float> row(static_cast<size_t>(row_size)), sum(row.size());
  for (int64_t y = 0; y < height; ++y) {
    std::ranges::fill(sum, 0.0f);
    int64_t from = down.first(y);
    for (const float w : down.weights(y)) {
      if (w != 0) {
        read(from, row.data());
        for (size_t i = 0; i < row.size(); ++i) sum[i] += w * row[i];
      }
      ++from;
    }
    for (int64_t x = 0; x < width; ++x) {
      const std::span<const float> weights = along.weights(x);
      const float* p = sum.data() + along.first(x) * channels;
      for (int64_t c = 0; c < channels; ++c) {
        float value = 0;
        for (size_t k = 0; k < weights.size(); ++k)
          value += weights[k] * p[static_cast<int64_t>(k) * channels + c];
        write(y, x, c, value);
      }
    }
  }
}

/// `n` pixels of From channels, composited over `background` (0 to 255), as To channels.
template <int From, int To>
void composite(const uint8_t* p, int64_t n, float background, float* out) {
  constexpr int colours = From >= 3 ? 3 : 1;
  for (int64_t i = 0; i < n; ++i, p += From, out += To) {
    float c[3];
    for (int k = 0; k < 3; ++k) c[k] = p[k % colours];
    if constexpr (From % 2 == 0) {
      const float alpha = static_cast<float>(p[From - 1]) / 255.0f;
      for (float& value : c) value = alpha * value + (1 - alpha) * background;
    }
    if constexpr (To == 3)
      for (int k = 0; k < 3; ++k) out[k] = c[k];
    else
      *out = colours == 1 ? c[0] : 0.299f * c[0] + 0.587f * c[1] + 0.114f * c[2];
  }
}

using Composite = void (*)(const uint8_t*, int64_t, float, float*);

Composite find_composite(int64_t from, int64_t to) {
  static constexpr Composite to_grey[] = {composite<1, 1>, composite<2, 1>, composite<3, 1>, composite<4, 1>};
  static constexpr Composite to_rgb[] = {composite<1, 3>, composite<2, 3>, composite<3, 3>, composite<4, 3>};
  return (to == 1 ? to_grey : to_rgb)[from - 1];
}

void check_pixels(const char* op, const Tensor& pixels) {
  require(pixels.defined() && pixels.dtype() == DType::u8 && pixels.rank() == 3 && pixels.numel() > 0 &&
              pixels.size(2) <= 4 && pixels.device().is_host(),
          op, ": needs u8 pixels [H,W,C] with C from 1 to 4 on the CPU, got ", pixels.dtype(),
          pixels.shape());
}

}  // namespace

Tensor resize(const Tensor& pixels, int64_t height, int64_t width) {
  check_pixels("resize", pixels);
  require(height >= 1 && width >= 1, "resize: to ", height, "x", width, " pixels");
  const int64_t channels = pixels.size(2), row_size = pixels.size(1) * channels;
  Tensor result = Tensor::empty({height, width, channels});
  const auto* p = pixels.data<uint8_t>();
  auto* out = result.data<float>();
  resample(
      pixels.shape(), height, width,
      [&](int64_t y, float* row) { std::copy_n(p + y * row_size, row_size, row); },
      [&](int64_t, int64_t, int64_t, float value) { *out++ = value; });
  return result;
}

void transform(const Tensor& pixels, const TransformOptions& options, bool flip, float* out) {
  check_pixels("transform", pixels);
  const int64_t size = options.size, channels = options.channels;
  require(size >= 1 && (channels == 1 || channels == 3), "transform: to size ", size, " with ", channels,
          " channels");
  const int64_t height = pixels.size(0), width = pixels.size(1), from = pixels.size(2);
  const int64_t side = std::min(height, width), top = (height - side) / 2, left = (width - side) / 2;
  const auto* p = pixels.data<uint8_t>();
  const auto background = static_cast<float>(255 * options.background);
  const Composite composite_row = find_composite(from, channels);
  resample(
      {side, side, channels}, size, size,
      [&](int64_t y, float* row) {
        composite_row(p + ((top + y) * width + left) * from, side, background, row);
      },
      [&](int64_t y, int64_t x, int64_t c, float value) {
        const int64_t to = flip ? size - 1 - x : x;
        // Weights that sum to 1 only up to rounding must not leave the range.
        out[(c * size + y) * size + to] = std::clamp(value / 127.5f - 1.0f, -1.0f, 1.0f);
      });
}

Tensor transform(const Tensor& pixels, const TransformOptions& options, bool flip) {
  Tensor result = Tensor::empty({options.channels, options.size, options.size});
  transform(pixels, options, flip, result.data<float>());
  return result;
}

}  // namespace saddle
