// A bias and an activation on the GPU. Forward: 8 bytes an element of f32. Backward: 12, as gy and y are read
// and gx is written in the pass that sums it; outputs' sums come from partial sums by a second launch, in
// order. Bound by memory; expected: 90 % of copying.
#include "kernels/activation.h"

#include <algorithm>

#include "kernels/cuda/broadcast.h"
#include "kernels/cuda/norm_columns.h"

#include "kernels/activation-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

template <class F, class T>
struct AfterBias {
  F f;
  __device__ __forceinline__ T operator()(T x, T bias) const { return f(x + bias); }
};

/// Writes gx and sums it. Elements of f32 are summed in short batches, which are summed in f64.
template <class F, class T, int V, size_t packs>
__device__ __forceinline__ double add_batch(double sum, const F& f, const Pack<T, V> (&pg)[packs],
                                            Pack<T, V> (&py)[packs], uint32_t valid) {
  T batch = 0;
#pragma unroll
  for (uint32_t u = 0; u < packs; ++u) {
    if (u >= valid) continue;
    for (int k = 0; k < V; ++k) batch += py[u].v[k] = f(pg[u].v[k], py[u].v[k]);
  }
  return sum + static_cast<double>(batch);
}

/// gx of piece p of run r, and its sum as partial[r * pieces + p].
template <class F, class T, int V>
__global__ void __launch_bounds__(256)
    bias_act_grad_runs_kernel(F f, const T* __restrict__ gy, const T* __restrict__ y, T* __restrict__ gx,
                              int64_t runs, Pieces pieces, unsigned team, double* __restrict__ partial) {
  constexpr uint32_t packs = 4;
  GPU_SHARED(double, scratch, [8]);
  const int64_t index = team_index(team), count = pieces.count();
  const bool live = index < runs * count;
  const int64_t run = live ? index / count : 0;
  const Piece piece(pieces, live ? index - run * count : 0, V);
  const int64_t base = run * pieces.run + piece.at;
  const uint32_t n = live ? piece.n : 0;
  double sum = 0;
  for (uint32_t i = team_rank(team); i < n; i += packs * team) {
    Pack<T, V> pg[packs] = {}, py[packs] = {};
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u) {
      if (i + u * team >= n) continue;
      pg[u] = load<V>(gy + base + static_cast<int64_t>(i + u * team) * V);
      py[u] = load<V>(y + base + static_cast<int64_t>(i + u * team) * V);
    }
    sum = add_batch(sum, f, pg, py, min(packs, (n - i + team - 1) / team));
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * team < n) store(gx + base + static_cast<int64_t>(i + u * team) * V, py[u]);
  }
  sum = team_reduce(sum, team, scratch, [](double a, double b) { return a + b; });
  if (live && team_rank(team) == 0) partial[index] = sum;
}

/// gx of chunk p of the rows of column j, and its sum as partial[j * chunks + p].
template <class F, class T>
__global__ void __launch_bounds__(256)
    bias_act_grad_columns_kernel(F f, const T* __restrict__ gy, const T* __restrict__ y, T* __restrict__ gx,
                                 NormColumns m, double* __restrict__ partial) {
  constexpr uint32_t packs = 8;
  GPU_SHARED(double, scratch, [256]);
  const ColumnPart part(m);
  double sum = 0;
  for (uint32_t i = part.first; i < part.n; i += packs * part.step) {
    Pack<T, 1> pg[packs] = {}, py[packs] = {};
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u) {
      if (i + u * part.step >= part.n) continue;
      const int64_t at = (part.row + i + u * part.step) * m.columns + part.column;
      pg[u] = load<1>(gy + at);
      py[u] = load<1>(y + at);
    }
    sum = add_batch(sum, f, pg, py, min(packs, (part.n - i + part.step - 1) / part.step));
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * part.step < part.n)
        store(gx + (part.row + i + u * part.step) * m.columns + part.column, py[u]);
  }
  sum = reduce_rows(sum, m.block.columns, scratch, [](double a, double b) { return a + b; });
  if (part.first == 0 && part.n) partial[part.column * m.chunks + part.piece] = sum;
}

/// gb[c] = the sum of the partial sums of channel c: `pieces` side by side, those of the next of `samples`
/// samples sample_step further.
template <class T>
__global__ void __launch_bounds__(256)
    sum_partial_kernel(const double* __restrict__ partial, int64_t channels, int64_t pieces, int64_t samples,
                       int64_t sample_step, unsigned team, T* __restrict__ gb) {
  GPU_SHARED(double, scratch, [8]);
  const int64_t c = team_index(team), parts = c < channels ? pieces * samples : 0;
  double sum = 0;
  for (int64_t i = team_rank(team); i < parts; i += team) {
    const int64_t sample = pieces == 1 ? i : i / pieces;
    sum += partial[sample * sample_step + c * pieces + (i - sample * pieces)];
  }
  sum = team_reduce(sum, team, scratch, [](double a, double b) { return a + b; });
  if (c < channels && team_rank(team) == 0) gb[c] = static_cast<T>(sum);
}

template <class F, class T>
struct BiasActBackward {
  F f;
  const T *gy, *y;
  T *gx, *gb;
  NormLayout layout;
  Device device;

  void sum(const double* partial, int64_t pieces, int64_t samples) const {
    const unsigned team = team_for(pieces * samples, 2, 256);
    const TeamGrid teams(layout.channels, team);
    SADDLE_LAUNCH((sum_partial_kernel<T>), teams.grid, teams.block, 0, device, partial, layout.channels,
                  pieces, samples, layout.channels * pieces, team, gb);
  }

  template <int V>
  void runs() const {
    const int64_t all = layout.batch * layout.channels, vectors = layout.positions / V;
    const int64_t each = std::clamp<int64_t>(all * vectors / (wanted_blocks * 64), 4, 16);
    const Pieces pieces(1, layout.positions, std::min(blocks_for(wanted_blocks, all), vectors / (256 * each)),
                        V);
    Scratch<double> partial(all * pieces.count(), device);
    const unsigned team = team_for(blocks_for(vectors, pieces.count()), each, 256);
    const TeamGrid teams(all * pieces.count(), team);
    SADDLE_LAUNCH((bias_act_grad_runs_kernel<F, T, V>), teams.grid, teams.block, 0, device, f, gy, y, gx, all,
                  pieces, team, partial.data());
    sum(partial.data(), pieces.count(), layout.batch);
  }

  void columns() const {
    const NormColumns m(layout);
    Scratch<double> partial(m.columns * m.chunks, device);
    SADDLE_LAUNCH((bias_act_grad_columns_kernel<F, T>), m.grid(), m.block.threads(), 0, device, f, gy, y, gx,
                  m, partial.data());
    sum(partial.data(), layout.positions * m.chunks, 1);
  }

  void run() const {
    if (layout.batch * layout.positions == 0) return sum(nullptr, 0, 0);
    if (layout.positions * static_cast<int64_t>(sizeof(T)) < 32) return columns();
    if (fits_widest<T>(layout.positions, gy, y, static_cast<const T*>(gx))) return runs<widest<T>>();
    runs<1>();
  }
};

NormLayout layout_of(const Tensor& y) {
  int64_t positions = 1;
  for (int axis = 2; axis < y.rank(); ++axis) positions *= y.size(axis);
  return {.batch = y.size(0), .channels = y.size(1), .positions = positions};
}

}  // namespace

void bias_act(const Tensor& x, const Tensor& bias, Tensor& y, Activation activation) {
  if (y.numel() == 0) return;
  Shape spread{x.size(1)};
  while (spread.rank() < x.rank() - 1) spread.push_back(1);
  dispatch_float("bias_act", y.dtype(), [&]<class T>() {
    dispatch_activation(activation, [&]<template <class> class F>() {
      const F<T> f(params_of(activation));
      if (bias.defined())
        broadcast_map<T, T>(AfterBias<F<T>, T>{f}, x, bias.reshape(spread), y);
      else
        map(y.device(), f, y.numel(), y.data<T>(), Dense<T>{x.data<T>()});
    });
  });
}

void bias_act_grad(const Tensor& gy, const Tensor& y, Tensor& gx, Tensor& gb, Activation activation) {
  const NormLayout layout = layout_of(y);
  if (layout.channels == 0) return;
  dispatch_float("bias_act_grad", y.dtype(), [&]<class T>() {
    dispatch_activation_grad(activation, [&]<template <class> class F>() {
      BiasActBackward<F<T>, T>{F<T>(params_of(activation)),
                               gy.data<T>(),
                               y.data<T>(),
                               gx.data<T>(),
                               gb.data<T>(),
                               layout,
                               y.device()}
          .run();
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
