// Normalisation where neighbours in memory belong to different statistics: a batch of few or single
// positions, and the sums over a batch of rows that layer norm's weights want. x is seen as a matrix [batch,
// channels * positions]; neighbouring threads take neighbouring columns and walk down the rows.
#pragma once
#include "kernels/cuda/norm_runs.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

struct NormColumns {
  int64_t rows, columns, positions;
  int64_t groups, group_columns;  // of the lines of rows
  int64_t affine_step;            // from a row's weights to the next row's
  ColumnBlock block;
  uint32_t chunk, chunks;  // rows a piece, pieces

  explicit NormColumns(const NormLayout& l)
      : rows(l.batch),
        columns(l.channels * l.positions),
        positions(l.positions),
        groups(l.groups),
        group_columns(l.group_channels() * l.positions),
        affine_step(l.affine_step()),
        block(columns, rows) {
    const int64_t wanted =
        std::clamp<int64_t>(rows / (block.rows * 16), 1, blocks_for(wanted_blocks, block.tiles(columns)));
    chunk = static_cast<uint32_t>(blocks_for(rows, wanted));
    chunks = static_cast<uint32_t>(blocks_for(rows, chunk));
  }
  dim3 grid() const { return dim3(static_cast<unsigned>(block.tiles(columns) * chunks)); }
};

/// What a thread takes: a column, and every `step`-th of n rows from `row`.
struct ColumnPart {
  int64_t column, row;
  uint32_t first, step, n, piece;

  __device__ __forceinline__ explicit ColumnPart(const NormColumns& m) {
    const uint32_t tile = m.block.columns;
    piece = blockIdx.x % m.chunks;
    column = static_cast<int64_t>(blockIdx.x / m.chunks) * tile + threadIdx.x % tile;
    row = static_cast<int64_t>(piece) * m.chunk;
    first = threadIdx.x / tile;
    step = blockDim.x / tile;
    n = column < m.columns ? static_cast<uint32_t>(min(static_cast<int64_t>(m.chunk), m.rows - row)) : 0;
  }
};

/// Weight and bias of a column, or of an element.
template <class T>
struct ColumnAffine {
  T w, b;

  template <bool grad>
  __device__ __forceinline__ ColumnAffine(const NormPass<T, grad>& pass, int64_t at)
      : w(pass.weight ? pass.weight[at] : T(1)), b(pass.bias ? pass.bias[at] : T(0)) {}
};

/// partial[j * chunks + p] = the sums of column j over chunk p of the rows. The statistics are those of the
/// column's channel; or, where `row_lines` are given, of the row and the column's group. Backward, samples
/// share their weights.
template <class T, bool grad>
__global__ void __launch_bounds__(256)
    norm_column_sums_kernel(NormPass<T, grad> pass, NormColumns m, const NormLine<T>* __restrict__ row_lines,
                            NormSums* __restrict__ partial) {
  constexpr uint32_t packs = 8;
  GPU_SHARED(NormSums, scratch, [256]);
  const ColumnPart part(m);
  const int64_t column = part.n ? part.column : 0, channel = column / m.positions;
  const int64_t group = row_lines ? column / m.group_columns : 0;
  using Known = typename NormPass<T, grad>::Known;
  const Known as_it_is{0, {0, 1, 0, 0, 0, 0}};  // for what is xhat already
  const Known known = row_lines ? as_it_is : pass.known(channel, channel * m.positions);
  const ColumnAffine<T> affine(pass, channel);
  NormSums total{0, 0};
  for (uint32_t i = part.first; i < part.n; i += packs * part.step) {
    Pack<T, 1> px[packs] = {}, pg[packs] = {};
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u) {
      if (i + u * part.step >= part.n) continue;
      const int64_t row = part.row + i + u * part.step, at = row * m.columns + column;
      px[u] = load<1>(pass.x + at);
      if (grad) pg[u] = load<1>(pass.gy + at);
      if (grad && row_lines) px[u].v[0] = row_lines[row * m.groups + group].xhat(px[u].v[0]);
      if (pass.rectified())
        pg[u].v[0] = pass.through(pg[u].v[0], known.line.xhat(px[u].v[0]), affine.w, affine.b);
    }
    total = pass.add(total, known, px, pg, min(packs, (part.n - i + part.step - 1) / part.step));
  }
  total = reduce_rows(total, m.block.columns, scratch, [](NormSums s, NormSums t) { return s + t; });
  if (part.first == 0 && part.n) partial[column * m.chunks + part.piece] = total;
}

/// Writes all elements by the lines of their channels.
template <class T, bool grad>
__global__ void __launch_bounds__(256)
    norm_column_write_kernel(NormPass<T, grad> pass, NormColumns m, const NormLine<T>* __restrict__ lines) {
  const ColumnPart part(m);
  if (part.n == 0) return;
  const int64_t channel = part.column / m.positions;
  const NormLine<T> line = lines[channel];
  ColumnAffine<T> affine(pass, channel);
#pragma unroll 4
  for (uint32_t i = part.first; i < part.n; i += part.step) {
    const int64_t row = part.row + i, at = row * m.columns + part.column;
    Pack<T, 1> px = load<1>(pass.x + at), pg = {};
    if (grad) pg = load<1>(pass.gy + at);
    if (m.affine_step) affine = ColumnAffine<T>(pass, channel + row * m.affine_step);
    if (pass.rectified()) pg.v[0] = pass.through(pg.v[0], line.xhat(px.v[0]), affine.w, affine.b);
    if (m.affine_step) pg.v[0] *= affine.w;
    store(pass.z + at, pass.written(line, px, pg, {affine.w}, {affine.b}));
  }
}

template <class T, bool grad>
void norm_column_sums(const NormPass<T, grad>& pass, const NormColumns& m, const NormLine<T>* row_lines,
                      NormSums* partial, Device device) {
  SADDLE_LAUNCH((norm_column_sums_kernel<T, grad>), m.grid(), m.block.threads(), 0, device, pass, m,
                row_lines, partial);
}

template <class T, bool grad>
void norm_column_write(const NormPass<T, grad>& pass, const NormColumns& m, const NormLine<T>* lines,
                       Device device) {
  SADDLE_LAUNCH((norm_column_write_kernel<T, grad>), m.grid(), m.block.threads(), 0, device, pass, m, lines);
}

/// Whether runs over the batch are too short to fill the 32 bytes that memory moves.
template <class T>
bool takes_columns(const NormLayout& layout) {
  return layout.over_batch && layout.positions * static_cast<int64_t>(sizeof(T)) < 32;
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
