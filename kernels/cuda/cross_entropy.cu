// Cross-entropy on the GPU: a team of threads takes a row, whose largest element and sum of exponentials it
// finds in one pass. The gradient's second pass finds the row in the cache: logits are few. Bound by memory
// for many rows, 4 bytes an element of f32 forward and 8 backward, by the launch for those of a step.
// Expected: 70 % of the bandwidth.
#include "kernels/cross_entropy.h"

#include <algorithm>

#include "kernels/cuda/softmax_sum.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned most_threads = 256;

/// A row of n logits, as the threads of a team see it.
template <class T>
struct Row {
  const T* x;
  int64_t rank, step, end;  ///< a thread's elements; none in teams past the last row

  __device__ __forceinline__ Row(const T* all, int64_t row, int64_t rows, int64_t n, unsigned team)
      : x(all + row * n), rank(team_rank(team)), step(team), end(row < rows ? n : 0) {}
};

/// The largest element, and ln of the sum of the exponentials shifted by it.
template <class T>
struct LogSum {
  T top, log_sum;

  __device__ __forceinline__ LogSum(const Row<T>& row, unsigned team, T* tops, T* sums) {
    Running<T> running{lowest<T>, 0};
#pragma unroll 2
    for (int64_t i = row.rank; i < row.end; i += row.step) {
      const T one[1] = {row.x[i]};
      running.include(one);
    }
    top = team_reduce(running.top, team, tops, larger<T>);
    log_sum = log(team_reduce(running.shifted(top), team, sums, add<T>));
  }
};

/// The label of a row, or -1 for one that is no class.
__device__ __forceinline__ int64_t label_of(const int64_t* labels, int64_t row, int64_t rows, int64_t n) {
  const int64_t label = row < rows ? labels[row] : -1;
  return label < n ? label : -1;
}

template <class T>
__global__ void __launch_bounds__(most_threads)
    cross_entropy_kernel(const T* __restrict__ x, const int64_t* __restrict__ labels, T* __restrict__ losses,
                         int64_t rows, int64_t n, unsigned team, T smoothing) {
  GPU_SHARED(T, tops, [32]);
  GPU_SHARED(T, sums, [32]);
  GPU_SHARED(T, means, [32]);
  const int64_t index = team_index(team);
  const Row<T> row(x, index, rows, n, team);
  const LogSum<T> s(row, team, tops, sums);
  T mean = 0;  // of x, from the largest element on
  for (int64_t i = row.rank; i < row.end && smoothing > 0; i += row.step) mean += row.x[i] - s.top;
  mean = team_reduce(mean, team, means, add<T>) / static_cast<T>(n);
  const int64_t label = label_of(labels, index, rows, n);
  if (index >= rows || row.rank != 0) return;
  const T own = label < 0 ? T(0) : s.log_sum - (row.x[label] - s.top);
  losses[index] = smoothing > 0 ? (1 - smoothing) * own + smoothing * (s.log_sum - mean) : own;
}

template <class T>
__global__ void __launch_bounds__(most_threads)
    cross_entropy_grad_kernel(const T* __restrict__ g, const T* __restrict__ x,
                              const int64_t* __restrict__ labels, T* __restrict__ gx, int64_t rows, int64_t n,
                              unsigned team, T smoothing) {
  GPU_SHARED(T, tops, [32]);
  GPU_SHARED(T, sums, [32]);
  const int64_t index = team_index(team);
  const Row<T> row(x, index, rows, n, team);
  const LogSum<T> s(row, team, tops, sums);
  if (index >= rows) return;
  const int64_t label = label_of(labels, index, rows, n);
  const T own = label < 0 ? T(0) : 1 - smoothing, share = smoothing / static_cast<T>(n), gain = g[index];
#pragma unroll 2
  for (int64_t i = row.rank; i < n; i += row.step) {
    const T p = (own + smoothing) * exp(row.x[i] - s.top - s.log_sum) - share;
    gx[index * n + i] = gain * (i == label ? p - own : p);
  }
}

}  // namespace

void cross_entropy(const Tensor& x, const Tensor& labels, Tensor& losses, double smoothing) {
  if (x.numel() == 0) return;
  dispatch_float("cross_entropy", x.dtype(), [&]<class T>() {
    const int64_t rows = x.size(0), n = x.size(1);
    const unsigned team = team_for(n, 4, most_threads);
    const TeamGrid teams(rows, team);
    SADDLE_LAUNCH((cross_entropy_kernel<T>), teams.grid, teams.block, 0, x.device(), x.data<T>(),
                  labels.data<int64_t>(), losses.data<T>(), rows, n, team, static_cast<T>(smoothing));
  });
}

void cross_entropy_grad(const Tensor& g, const Tensor& x, const Tensor& labels, Tensor& gx,
                        double smoothing) {
  if (x.numel() == 0) return;
  dispatch_float("cross_entropy_grad", x.dtype(), [&]<class T>() {
    const int64_t rows = x.size(0), n = x.size(1);
    const unsigned team = team_for(n, 4, most_threads);
    const TeamGrid teams(rows, team);
    SADDLE_LAUNCH((cross_entropy_grad_kernel<T>), teams.grid, teams.block, 0, x.device(), g.data<T>(),
                  x.data<T>(), labels.data<int64_t>(), gx.data<T>(), rows, n, team,
                  static_cast<T>(smoothing));
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
