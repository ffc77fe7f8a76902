// Normalisation on the GPU, forward. Statistics whose elements fit into the registers of a block (16384 of
// f32) are read once: 8 bytes and about 10 operations an element. Larger ones are read a second time, from
// the second-level cache if they fit there: 12 bytes at worst. Bound by memory; expected: 85 % of copying
// where they are read once.
#include <algorithm>

#include "kernels/cuda/norm_columns.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

template <class T>
const T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

template <class T>
void norm_columns(const NormPass<T, false>& pass, const NormLayout& layout, const NormRuns& runs,
                  Device device) {
  const NormColumns m(layout);
  Scratch<NormSums> partial(m.columns * m.chunks, device);
  Scratch<NormLine<T>> lines(runs.statistics, device);
  norm_column_sums(pass, m, static_cast<const NormLine<T>*>(nullptr), partial.data(), device);
  norm_lines(pass, runs, {partial.data(), layout.positions * m.chunks}, lines.data(), device);
  norm_column_write(pass, m, lines.data(), device);
}

}  // namespace

void norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean, Tensor& var,
          NormLayout layout, Activation activation) {
  if (x.numel() == 0) return;
  dispatch_float("norm", x.dtype(), [&]<class T>() {
    const Device device = y.device();
    const NormPass<T, false> pass{x.data<T>(),
                                  nullptr,
                                  data_or_null<T>(weight),
                                  data_or_null<T>(bias),
                                  y.data<T>(),
                                  mean.data<double>(),
                                  var.data<double>(),
                                  layout.eps,
                                  1 / static_cast<double>(layout.count()),
                                  activation};
    const NormRuns runs(layout, !weight.defined() && !bias.defined());
    if (takes_columns<T>(layout)) return norm_columns(pass, layout, runs, device);
    with_vectors(pass, runs, device, [&](const auto& launch) {
      if (launch.fits_registers()) return launch.kept(nullptr);
      const int64_t pieces = launch.pieces().count();
      Scratch<NormSums> partial(runs.statistics * pieces, device);
      Scratch<NormLine<T>> lines(runs.statistics, device);
      launch.sums({}, partial.data());
      norm_lines(pass, runs, {partial.data(), pieces}, lines.data(), device);
      launch.write(lines.data());
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
