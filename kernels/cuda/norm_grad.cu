// Normalisation on the GPU, backward. Where a statistic's elements fit into the registers of a block (8192 of
// f32), x and gy are read once: 12 bytes and about 12 operations an element. Larger ones are read a second
// time, from the second-level cache if they fit there, and so are group norm with a weight whose gradient is
// wanted and batch norm with weights of each sample's own: 20 bytes at worst. Layer norm's gradients by
// weight and bias read both once more. Bound by memory; expected: 85 % of copying where they are read once.
#include <algorithm>
#include <utility>

#include "kernels/cuda/norm_columns.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// gb[c] and gw[c], unless null, = the sums over partial[sample, c, piece].
template <class T>
__global__ void __launch_bounds__(256)
    norm_affine_kernel(const NormSums* __restrict__ partial, int64_t channels, int64_t pieces,
                       int64_t samples, unsigned team, T* __restrict__ gw, T* __restrict__ gb) {
  GPU_SHARED(NormSums, scratch, [8]);
  const int64_t c = team_index(team), parts = c < channels ? pieces * samples : 0;
  NormSums total{0, 0};
  for (int64_t i = team_rank(team); i < parts; i += team) {
    const int64_t sample = pieces == 1 ? i : i / pieces;
    total = total + partial[(sample * channels + c) * pieces + (i - sample * pieces)];
  }
  total = team_sum(total, team, scratch);
  if (c >= channels || team_rank(team) != 0) return;
  if (gw) gw[c] = static_cast<T>(total.b);
  if (gb) gb[c] = static_cast<T>(total.a);
}

template <class T>
struct NormBackward {
  NormPass<T, true> pass;
  T *gw, *gb;
  NormLayout layout;
  Device device;

  bool affine() const { return gw || gb; }

  void sum_affine(const NormSums* partial, int64_t channels, int64_t pieces, int64_t samples) const {
    const unsigned team = team_for(pieces * samples, 2, 256);
    const TeamGrid teams(channels, team);
    SADDLE_LAUNCH((norm_affine_kernel<T>), teams.grid, teams.block, 0, device, partial, channels, pieces,
                  samples, team, gw, gb);
  }

  /// Statistics over a batch of few positions.
  void columns(const NormRuns& runs) const {
    const NormColumns m(layout);
    Scratch<NormSums> partial(m.columns * m.chunks, device);
    norm_column_sums(pass, m, static_cast<const NormLine<T>*>(nullptr), partial.data(), device);
    const int64_t parts = layout.positions * m.chunks;
    if (affine()) sum_affine(partial.data(), layout.channels, parts, 1);
    if (!pass.z) return;
    Scratch<NormLine<T>> lines(runs.statistics, device);
    norm_lines(pass, runs, {partial.data(), parts}, lines.data(), device);
    norm_column_write(pass, m, lines.data(), device);
  }

  /// gw and gb of layer norm: sums down the samples.
  void affine_of_rows(const NormRuns& runs) const {
    Scratch<NormLine<T>> lines(runs.statistics, device);
    norm_lines(pass, runs, {nullptr, 0}, lines.data(), device);
    const NormColumns m(layout);
    Scratch<NormSums> partial(m.columns * m.chunks, device);
    norm_column_sums(pass, m, lines.data(), partial.data(), device);
    sum_affine(partial.data(), layout.channels, m.chunks, 1);
  }

  /// By sums of each sample's channels, from which come those of groups or of the batch, and gw and gb.
  void by_channels(const NormRuns& runs) const {
    const bool own = layout.own_affine;
    const int64_t share = layout.group_channels();
    NormLayout each{.batch = layout.batch, .channels = layout.channels, .positions = layout.positions};
    if (own) each.channels *= std::exchange(each.batch, 1);
    each.groups = each.channels;
    const NormRuns channels(each, true);
    with_vectors(pass, channels, device, [&](const auto& launch) {
      const int64_t pieces = launch.pieces().count();
      Scratch<NormSums> partial(channels.statistics * pieces, device);
      launch.sums(own ? NormOwner{1, layout.channels} : NormOwner{share}, partial.data());
      if (affine()) sum_affine(partial.data(), each.channels, pieces, each.batch);
      if (!pass.z) return;
      Scratch<NormLine<T>> lines(runs.statistics, device);
      norm_lines(pass, runs,
                 {partial.data(), share * pieces, pass.weight ? pieces : 0, own ? layout.batch : 1},
                 lines.data(), device);
      if (takes_columns<T>(layout)) return norm_column_write(pass, NormColumns(layout), lines.data(), device);
      with_vectors(pass, runs, device, [&](const auto& whole) { whole.write(lines.data()); });
    });
  }

  /// By sums of whole statistics. Where each is one channel's, gw and gb come from them too.
  void by_statistics(const NormRuns& runs, bool with_affine) const {
    with_vectors(pass, runs, device, [&](const auto& launch) {
      const bool kept = pass.z && launch.fits_registers();
      const int64_t pieces = kept ? 1 : launch.pieces().count();
      Scratch<NormSums> partial(kept && !with_affine ? 0 : runs.statistics * pieces, device);
      if (kept)
        launch.kept(with_affine ? partial.data() : nullptr);
      else
        launch.sums({}, partial.data());
      if (with_affine)
        sum_affine(partial.data(), layout.channels, pieces, layout.over_batch ? 1 : layout.batch);
      if (kept || !pass.z) return;
      Scratch<NormLine<T>> lines(runs.statistics, device);
      norm_lines(pass, runs, {partial.data(), pieces}, lines.data(), device);
      launch.write(lines.data());
    });
  }

  void run() const {
    const NormRuns runs(layout, !pass.weight && !pass.bias);
    if (layout.batch == 0)
      return affine() && !layout.own_affine ? sum_affine(nullptr, layout.channels, 1, 0) : void();
    if (layout.own_affine) return by_channels(runs);
    if (takes_columns<T>(layout)) return columns(runs);
    const bool of_rows = affine() && !layout.over_batch && layout.positions == 1;
    if (affine() && !of_rows && layout.group_channels() > 1) return by_channels(runs);
    if (pass.z || !of_rows) by_statistics(runs, affine() && !of_rows);
    if (of_rows) affine_of_rows(runs);
  }
};

template <class T>
T* data_or_null(Tensor& tensor) {
  return tensor.defined() ? tensor.data<T>() : nullptr;
}

}  // namespace

void norm_grad(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& bias,
               const Tensor& mean, const Tensor& var, Tensor& gx, Tensor& gw, Tensor& gb, NormLayout layout,
               Activation activation) {
  if (layout.channels == 0) return;
  dispatch_float("norm_grad", x.dtype(), [&]<class T>() {
    const bool needs_bias = activation.any() && bias.defined();
    const NormPass<T, true> pass{x.data<T>(),
                                 gy.data<T>(),
                                 weight.defined() ? weight.data<T>() : nullptr,
                                 needs_bias ? bias.data<T>() : nullptr,
                                 data_or_null<T>(gx),
                                 mean.data<double>(),
                                 var.data<double>(),
                                 layout.eps,
                                 1 / static_cast<double>(layout.count()),
                                 Activation{activation.kind, activation.below()}};
    NormBackward<T>{pass, data_or_null<T>(gw), data_or_null<T>(gb), layout, x.device()}.run();
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
