// Normalisation where a statistic's elements lie in runs of memory: a team of threads for each. A statistic
// whose elements fit into a team's registers is read once. Larger ones are cut into pieces and read twice:
// partial sums, then a line for each statistic, then the pass that writes, which goes backwards: what the
// sums read last is still in the cache.
#pragma once
#include "kernels/cuda/norm_pass.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// The elements of statistic k: `rows` runs that lie row_step apart, the first at k * step. Their weights and
/// biases count from k % groups * group_channels, by affine_step for each row or by one for each element, or
/// are all the same.
struct NormRuns {
  int64_t statistics, step, rows, run, row_step;
  int64_t groups, group_channels, affine_step;
  bool channel_an_element;

  /// `merged`: no element needs to know its channel or sample.
  NormRuns(const NormLayout& l, bool merged)
      : statistics(l.statistics()),
        step(l.over_batch ? l.positions : l.count()),
        rows(l.over_batch ? l.batch : l.group_channels()),
        run(l.positions),
        row_step(l.over_batch ? l.channels * l.positions : l.positions),
        groups(l.groups),
        group_channels(l.group_channels()),
        affine_step(merged         ? 0
                    : l.over_batch ? l.affine_step()
                                   : l.positions > 1 && group_channels > 1),
        channel_an_element(!l.over_batch && !merged && l.positions == 1 && group_channels > 1) {
    if (l.over_batch || affine_step) return;
    rows = 1;
    run = step;
  }
  int64_t count() const { return rows * run; }
  __device__ __forceinline__ bool one_weight() const { return affine_step == 0 && !channel_an_element; }
  __device__ __forceinline__ int64_t first_channel(int64_t k) const {
    return groups == 1 ? 0 : k % groups * group_channels;
  }
  /// The numbers by channel of a vector at (row, column).
  template <int V, class T>
  __device__ __forceinline__ Pack<T, V> by_channel(const T* numbers, T otherwise, int64_t first, int64_t row,
                                                   int64_t column) const {
    if (numbers && channel_an_element) return load<V>(numbers + first + column);
    const T number = numbers ? numbers[first + row * affine_step] : otherwise;
    Pack<T, V> pack;
    for (int k = 0; k < V; ++k) pack.v[k] = number;
    return pack;
  }
};

/// Where a vector of a statistic lies: in memory, and in its runs.
struct NormPlace {
  int64_t at, row, column;

  __device__ __forceinline__ NormPlace(const NormRuns& runs, int64_t base, int64_t in_row, int64_t in_column)
      : at(base + in_row * runs.row_step + in_column), row(in_row), column(in_column) {}
};

/// Loads x and, backward, g: gy through the activation, with its weight where that differs between a
/// statistic's elements.
template <class T, int V, bool grad>
__device__ __forceinline__ void load_terms(const NormPass<T, grad>& pass, const NormRuns& runs,
                                           int64_t first_channel, const NormPlace& place,
                                           const NormLine<T>& line, Pack<T, V>& px, Pack<T, V>& pg) {
  px = load<V>(pass.x + place.at);
  if constexpr (!grad) return;
  pg = load<V>(pass.gy + place.at);
  if (pass.rectified()) {
    const auto w = runs.by_channel<V>(pass.weight, T(1), first_channel, place.row, place.column);
    const auto b = runs.by_channel<V>(pass.bias, T(0), first_channel, place.row, place.column);
    for (int k = 0; k < V; ++k) pg.v[k] = pass.through(pg.v[k], line.xhat(px.v[k]), w.v[k], b.v[k]);
  }
  if (!pass.weight || runs.one_weight()) return;
  const Pack<T, V> w = runs.by_channel<V>(pass.weight, T(1), first_channel, place.row, place.column);
  for (int k = 0; k < V; ++k) pg.v[k] *= w.v[k];
}

/// What is written there. Called for all vectors at hand before one is stored: no load is moved before a
/// store.
template <class T, int V, bool grad>
__device__ __forceinline__ Pack<T, V> written_terms(const NormPass<T, grad>& pass, const NormRuns& runs,
                                                    int64_t first_channel, const NormPlace& place,
                                                    const NormLine<T>& line, const Pack<T, V>& px,
                                                    const Pack<T, V>& pg) {
  Pack<T, V> w, b;
  if constexpr (!grad) {
    w = runs.by_channel<V>(pass.weight, T(1), first_channel, place.row, place.column);
    b = runs.by_channel<V>(pass.bias, T(0), first_channel, place.row, place.column);
  }
  return pass.written(line, px, pg, w, b);
}

/// Packs of an input that a thread keeps: 64 bytes, or 8 single elements; and the threads of the largest
/// team, whose registers so hold 16384 elements of f32, or 8192 backward.
template <class T, int V>
constexpr int kept_packs = V == 1 ? 8 : 64 / static_cast<int>(sizeof(T)) / V;
template <bool grad>
constexpr unsigned most_threads = grad ? 512 : 1024;

/// The weight that all elements of a statistic share, or 1.
template <class T, bool grad>
__device__ __forceinline__ T shared_weight(const NormPass<T, grad>& pass, const NormRuns& runs,
                                           int64_t channel) {
  return grad && pass.weight && runs.one_weight() ? pass.weight[channel] : T(1);
}

/// Statistics that are read once. `vectors`: those of a run. Backward, `sums`, unless null, get each one's.
template <class T, int V, bool grad>
__global__ void __launch_bounds__(most_threads<grad>, 1)
    norm_kept_kernel(NormPass<T, grad> pass, NormRuns runs, FastDivide vectors, unsigned team,
                     NormSums* sums) {
  constexpr uint32_t packs = kept_packs<T, V>;
  GPU_SHARED(NormSums, scratch, [32]);
  const int64_t index = team_index(team);
  const bool live = index < runs.statistics;
  const int64_t k = live ? index : 0, base = k * runs.step, channel = runs.first_channel(k);
  const uint32_t n = live ? static_cast<uint32_t>(runs.rows * runs.run / V) : 0, first = team_rank(team);
  const uint32_t width = static_cast<uint32_t>(runs.run) / V;
  const auto place = [&](uint32_t vector) {
    const uint32_t row = vectors.quotient(vector);
    return NormPlace(runs, base, row, (vector - row * width) * V);
  };
  const auto known = pass.known(k, base);
  Pack<T, V> px[packs] = {}, pg[packs] = {};
#pragma unroll
  for (uint32_t u = 0; u < packs; ++u)
    if (first + u * team < n)
      load_terms(pass, runs, channel, place(first + u * team), known.line, px[u], pg[u]);
  const uint32_t valid = first < n ? (n - first + team - 1) / team : 0;
  const NormSums total = team_sum(pass.add({0, 0}, known, px, pg, valid), team, scratch);
  const bool leader = live && first == 0;
  if (grad && sums && leader) sums[k] = total;
  const NormLine<T> line = pass.line(total, known, shared_weight(pass, runs, channel), k, leader);
#pragma unroll
  for (uint32_t u = 0; u < packs; ++u)
    if (first + u * team < n)
      px[u] = written_terms(pass, runs, channel, place(first + u * team), line, px[u], pg[u]);
#pragma unroll
  for (uint32_t u = 0; u < packs; ++u)
    if (first + u * team < n) store(pass.z + place(first + u * team).at, px[u]);
}

/// Which mean and variance is run k's: `share` neighbours have one, and after `period` it is the first again.
struct NormOwner {
  int64_t share = 1, period = INT64_MAX;

  __device__ __forceinline__ int64_t of(int64_t k) const {
    const int64_t within = k < period ? k : k % period;
    return share == 1 ? within : within / share;
  }
};

/// partial[k * pieces + p] = the sums of piece p of k.
template <class T, int V, bool grad>
__global__ void __launch_bounds__(256)
    norm_sums_kernel(NormPass<T, grad> pass, NormRuns runs, Pieces pieces, NormOwner owner, unsigned team,
                     NormSums* __restrict__ partial) {
  constexpr uint32_t packs = V == 1 ? 8 : 4;
  GPU_SHARED(NormSums, scratch, [8]);
  const int64_t index = team_index(team), count = pieces.count();
  const bool live = index < runs.statistics * count;
  const int64_t k = live ? index / count : 0, base = k * runs.step, channel = runs.first_channel(k);
  const Piece piece(pieces, live ? index - k * count : 0, V);
  const uint32_t n = live ? piece.n : 0, width = piece.width / V;
  const auto place = [&](uint32_t vector) {
    const uint32_t row = pieces.vectors.quotient(vector);
    return NormPlace(runs, base, piece.row + row, piece.at + (vector - row * width) * V);
  };
  const auto known = pass.known(owner.of(k), base);
  NormSums total{0, 0};
  for (uint32_t i = team_rank(team); i < n; i += packs * team) {
    Pack<T, V> px[packs] = {}, pg[packs] = {};
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * team < n) load_terms(pass, runs, channel, place(i + u * team), known.line, px[u], pg[u]);
    total = pass.add(total, known, px, pg, min(packs, (n - i + team - 1) / team));
  }
  total = team_sum(total, team, scratch);
  if (live && team_rank(team) == 0) partial[index] = total;
}

/// Partial sums of statistics, [samples, statistics, neighbours]. Where they were taken without weights,
/// `weighted` of the neighbours have one.
struct NormParts {
  const NormSums* sums;
  int64_t neighbours, weighted = 0, samples = 1;
};

/// lines[k] from the parts of each statistic.
template <class T, bool grad>
__global__ void __launch_bounds__(256)
    norm_lines_kernel(NormPass<T, grad> pass, NormRuns runs, NormParts parts, unsigned team,
                      NormLine<T>* __restrict__ lines) {
  GPU_SHARED(NormSums, scratch, [8]);
  const int64_t index = team_index(team);
  const bool live = index < runs.statistics;
  const int64_t k = live ? index : 0, channel = runs.first_channel(k);
  NormSums total{0, 0};
  for (int64_t i = team_rank(team); live && i < parts.neighbours * parts.samples; i += team) {
    const int64_t sample = parts.samples == 1 ? 0 : i / parts.neighbours, j = i - sample * parts.neighbours;
    const NormSums part = parts.sums[(sample * runs.statistics + k) * parts.neighbours + j];
    const int64_t at = parts.weighted ? channel + sample * runs.affine_step + j / parts.weighted : 0;
    const double w = parts.weighted ? static_cast<double>(pass.weight[at]) : 1;
    total = total + NormSums{w * part.a, w * part.b};
  }
  total = team_sum(total, team, scratch);
  const bool leader = live && team_rank(team) == 0;
  const auto line =
      pass.line(total, pass.known(k, k * runs.step), shared_weight(pass, runs, channel), k, leader);
  if (leader) lines[k] = line;
}

/// Writes the elements of all statistics by their lines.
template <class T, int V, bool grad>
__global__ void __launch_bounds__(256)
    norm_write_kernel(NormPass<T, grad> pass, NormRuns runs, Pieces pieces, unsigned team,
                      const NormLine<T>* __restrict__ lines) {
  constexpr uint32_t packs = V == 1 ? 4 : 2;
  const int64_t count = pieces.count(), index = runs.statistics * count - 1 - team_index(team);
  if (index < 0) return;
  const int64_t k = index / count, base = k * runs.step, channel = runs.first_channel(k);
  const Piece piece(pieces, index - k * count, V);
  const uint32_t width = piece.width / V;
  const auto place = [&](uint32_t vector) {
    const uint32_t row = pieces.vectors.quotient(vector);
    return NormPlace(runs, base, piece.row + row, piece.at + (vector - row * width) * V);
  };
  const NormLine<T> line = lines[k];
  for (uint32_t i = team_rank(team); i < piece.n; i += packs * team) {
    Pack<T, V> px[packs] = {}, pg[packs] = {};
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * team < piece.n) load_terms(pass, runs, channel, place(i + u * team), line, px[u], pg[u]);
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * team < piece.n)
        px[u] = written_terms(pass, runs, channel, place(i + u * team), line, px[u], pg[u]);
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u)
      if (i + u * team < piece.n) store(pass.z + place(i + u * team).at, px[u]);
  }
}

/// Scratch memory for n values of any type.
template <class A>
class Scratch {
 public:
  Scratch(int64_t n, Device device)
      : tensor_(Tensor::empty({n * static_cast<int64_t>(sizeof(A))}, DType::u8, device)) {}
  A* data() { return reinterpret_cast<A*>(tensor_.data<uint8_t>()); }

 private:
  Tensor tensor_;
};

/// How the elements of all statistics are taken, with vectors of V.
template <class T, int V, bool grad>
struct NormLaunch {
  const NormPass<T, grad>& pass;
  const NormRuns& runs;
  Device device;

  static constexpr int64_t packs = kept_packs<T, V>;
  int64_t vectors() const { return runs.count() / V; }
  bool fits_registers() const { return vectors() <= packs * most_threads<grad>; }

  void kept(NormSums* sums) const {
    // A quarter of what a thread could keep, while teams are small: more threads hide more latency.
    const unsigned team = std::max(team_for(vectors(), packs, most_threads<grad>),
                                   team_for(vectors(), std::max<int64_t>(1, packs / 4), 32));
    const TeamGrid teams(runs.statistics, team);
    SADDLE_LAUNCH((norm_kept_kernel<T, V, grad>), teams.grid, teams.block, 0, device, pass, runs,
                  FastDivide(runs.rows > 1 ? runs.run / V : INT32_MAX), team, sums);
  }
  /// Few vectors a thread where the whole GPU is to be filled, many where there is enough for all.
  int64_t each() const {
    return std::clamp<int64_t>(runs.statistics * vectors() / (wanted_blocks * 64), 4, 16);
  }
  Pieces pieces() const {
    const int64_t wanted = std::min(blocks_for(wanted_blocks, runs.statistics), vectors() / (256 * each()));
    return Pieces(runs.rows, runs.run, wanted, V);
  }
  void sums(const NormOwner& owner, NormSums* partial) const {
    const Pieces cut = pieces();
    const unsigned team = team_for(vectors(), each(), 256);
    const TeamGrid teams(runs.statistics * cut.count(), team);
    SADDLE_LAUNCH((norm_sums_kernel<T, V, grad>), teams.grid, teams.block, 0, device, pass, runs, cut, owner,
                  team, partial);
  }
  void write(const NormLine<T>* lines) const {
    const unsigned team = team_for(vectors(), 8, 256);
    const Pieces cut(runs.rows, runs.run, vectors() / (team * 8), V);
    const TeamGrid teams(runs.statistics * cut.count(), team);
    SADDLE_LAUNCH((norm_write_kernel<T, V, grad>), teams.grid, teams.block, 0, device, pass, runs, cut, team,
                  lines);
  }
};

template <class T, bool grad>
void norm_lines(const NormPass<T, grad>& pass, const NormRuns& runs, const NormParts& parts,
                NormLine<T>* lines, Device device) {
  const unsigned team = team_for(parts.neighbours * parts.samples, 2, 256);
  const TeamGrid teams(runs.statistics, team);
  SADDLE_LAUNCH((norm_lines_kernel<T, grad>), teams.grid, teams.block, 0, device, pass, runs, parts, team,
                lines);
}

/// Calls f with a NormLaunch of the widest vectors that fit the runs and the addresses.
template <class T, bool grad, class F>
void with_vectors(const NormPass<T, grad>& pass, const NormRuns& runs, Device device, F&& f) {
  const bool wide = fits_widest<T>(runs.run, pass.x, pass.gy, static_cast<const T*>(pass.z)) &&
                    (!runs.channel_an_element || fits_widest<T>(runs.run, pass.weight, pass.bias));
  if (wide)
    f(NormLaunch<T, widest<T>, grad>{pass, runs, device});
  else
    f(NormLaunch<T, 1, grad>{pass, runs, device});
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
