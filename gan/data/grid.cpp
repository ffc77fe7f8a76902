#include "gan/data/grid.h"

#include <algorithm>

namespace saddle {
namespace {

uint8_t to_byte(float value) {
  // Comparisons with NaN are false: it becomes 0.
  if (!(value > -1)) return 0;
  return value < 1 ? static_cast<uint8_t>((value + 1) * 127.5f + 0.5f) : 255;
}

Tensor checked(const char* op, const Tensor& images) {
  require(images.defined() && images.dtype() == DType::f32 && images.rank() == 4, op,
          ": needs f32 images [N,C,H,W], got ", images.dtype(), images.shape());
  return images.to(Device{});
}

}  // namespace

Tensor to_pixels(const Tensor& images) {
  const Tensor host = checked("to_pixels", images);
  const int64_t n = host.size(0), channels = host.size(1), plane = host.size(2) * host.size(3);
  Tensor pixels = Tensor::empty({n, host.size(2), host.size(3), channels}, DType::u8);
  const auto* from = host.data<float>();
  auto* to = pixels.data<uint8_t>();
  for (int64_t i = 0; i < n; ++i, from += channels * plane)
    for (int64_t at = 0; at < plane; ++at)
      for (int64_t c = 0; c < channels; ++c) *to++ = to_byte(from[c * plane + at]);
  return pixels;
}

Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap) {
  const Tensor pixels = to_pixels(checked("image_grid", images));
  const int64_t n = pixels.size(0), height = pixels.size(1), width = pixels.size(2),
                channels = pixels.size(3);
  require(pixels.numel() > 0 && columns >= 1 && gap >= 0, "image_grid: ", images.shape(), " in ", columns,
          " columns with a gap of ", gap);
  columns = std::min(columns, n);
  const int64_t rows = (n + columns - 1) / columns;
  const Shape shape{rows * (height + gap) - gap, columns * (width + gap) - gap, channels};
  Tensor grid = Tensor::full(shape, 255, DType::u8);
  const auto* from = pixels.data<uint8_t>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t y = 0; y < height; ++y, from += width * channels) {
      const int64_t row = i / columns * (height + gap) + y, column = i % columns * (width + gap);
      std::copy_n(from, width * channels, grid.data<uint8_t>() + (row * shape[1] + column) * channels);
    }
  return grid;
}

Tensor rows_by_turns(const std::vector<Tensor>& kinds, int64_t columns) {
  require(!kinds.empty() && columns >= 1, "rows_by_turns: ", kinds.size(), " kinds in ", columns, " columns");
  for (const Tensor& kind : kinds)
    require(kind.shape() == checked("rows_by_turns", kinds[0]).shape(), "rows_by_turns: ", kind.shape(),
            " beside ", kinds[0].shape());
  const int64_t n = kinds[0].size(0), row = std::min(columns, n), rows = n / row;
  const int64_t values = row * (kinds[0].numel() / n);
  Shape shape = kinds[0].shape();
  shape.set(0, rows * row * static_cast<int64_t>(kinds.size()));
  Tensor all = Tensor::empty(shape);
  auto* out = all.data<float>();
  for (int64_t i = 0; i < rows; ++i)
    for (const Tensor& kind : kinds) out = std::copy_n(kind.data<float>() + i * values, values, out);
  return all;
}

Tensor comparison_grid(const std::vector<Tensor>& kinds, int64_t columns) {
  return image_grid(rows_by_turns(kinds, columns), std::min(columns, kinds[0].size(0)));
}

}  // namespace saddle
