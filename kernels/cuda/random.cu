// Random numbers: the stream's numbers of the CPU (core/random.h), whatever the grid. A thread makes the four
// elements of one Philox block and stores them as 16 bytes at a time.
//
// uniform and bernoulli have the CPU's bits. normal takes angle and radius in the output's own precision,
// where the CPU rounds from f64 to f32, but from the integers of the stream, so that nothing cancels: the
// quarter turn and the distance to 1 are taken off before anything is rounded. Each factor is within an ulp
// or two.
//
// Roofline: n elements written. Philox takes about 20 instructions an element, and uniform's f64 two
// conversions and three operations: both fit below the store's time where f64 runs at half rate (A100, H100,
// H200); normal's logarithm, sine and cosine are about 60 more and bound it by arithmetic at about half of
// the bandwidth.
#include "kernels/random.h"

#include <cmath>

#include "kernels/cuda/launch.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

struct Words {
  uint32_t word[4];
};

/// Block `block` of the stream: Philox of core/random.h, whose arrays do not reach device code.
__device__ __forceinline__ Words words_of(const Philox& stream, uint64_t block) {
  const uint64_t place = stream.offset + (stream.moved ? *stream.moved : 0) + block;
  uint32_t c0 = static_cast<uint32_t>(place), c1 = static_cast<uint32_t>(place >> 32), c2 = 0, c3 = 0;
  uint32_t k0 = static_cast<uint32_t>(stream.seed), k1 = static_cast<uint32_t>(stream.seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * c0, b = uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(b);
    c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(a);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

__device__ __forceinline__ void store_four(float* y, const float (&v)[4]) {
  *reinterpret_cast<float4*>(y) = make_float4(v[0], v[1], v[2], v[3]);
}
__device__ __forceinline__ void store_four(double* y, const double (&v)[4]) {
  reinterpret_cast<double2*>(y)[0] = make_double2(v[0], v[1]);
  reinterpret_cast<double2*>(y)[1] = make_double2(v[2], v[3]);
}

/// make(words, values) makes the four elements of a block.
template <class T, class Make>
__global__ void __launch_bounds__(256) fill_kernel(T* __restrict__ y, int64_t n, Philox stream, Make make) {
  const int64_t block = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (4 * block >= n) return;
  T values[4];
  make(words_of(stream, static_cast<uint64_t>(block)), values);
  T* to = y + 4 * block;
  if (n - 4 * block >= 4) return store_four(to, values);
  for (int i = 0; i < 3; ++i)
    if (4 * block + i < n) to[i] = values[i];
}

struct MakeUniform {
  double low, extent, highest;

  template <class T>
  __device__ __forceinline__ void operator()(const Words& words, T (&values)[4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      // Two roundings, as on the CPU: no fused multiplication and addition.
      const double value = __dadd_rn(low, __dmul_rn(extent, words.word[i] * 0x1p-32));
      values[i] = static_cast<T>(min(value, highest));
    }
  }
};

__device__ __forceinline__ void sin_cos_pi(float x, float& sine, float& cosine) {
  sincospif(x, &sine, &cosine);
}
__device__ __forceinline__ void sin_cos_pi(double x, double& sine, double& cosine) {
  sincospi(x, &sine, &cosine);
}

/// sqrt(-2 log((w + 1) / 2^32)). Near 1 from the distance to it, which is an integer too.
template <class T>
__device__ __forceinline__ T radius_of(uint32_t w) {
  const T logarithm = w < 0x80000000u ? std::log((static_cast<T>(w) + T{1}) * T{0x1p-32})
                                      : std::log1p(static_cast<T>(~w) * T{-0x1p-32});
  return std::sqrt(T{-2} * logarithm);
}

/// Cosine and sine of a turn's w / 2^32: of the distance to the nearest quarter, then turned by quarters.
template <class T>
__device__ __forceinline__ void direction_of(uint32_t w, T& cosine, T& sine) {
  const uint32_t quarters = (w + 0x20000000u) >> 30;  // four of them wrap to none
  const int32_t rest = static_cast<int32_t>(w - (quarters << 30));
  T s, c;
  sin_cos_pi(static_cast<T>(rest) * T{0x1p-31}, s, c);
  cosine = quarters & 1 ? s : c;
  sine = quarters & 1 ? c : s;
  if ((quarters + 1) & 2) cosine = -cosine;
  if (quarters & 2) sine = -sine;
}

struct MakeNormal {
  double mean, std;

  template <class T>
  __device__ __forceinline__ void operator()(const Words& words, T (&values)[4]) const {
#pragma unroll
    for (int i = 0; i < 4; i += 2) {
      const T radius = static_cast<T>(std) * radius_of<T>(words.word[i]);
      T cosine, sine;
      direction_of(words.word[i + 1], cosine, sine);
      values[i] = static_cast<T>(mean) + radius * cosine;
      values[i + 1] = static_cast<T>(mean) + radius * sine;
    }
  }
};

struct MakeBernoulli {
  uint64_t below;  // words below it give `value`
  double value;

  template <class T>
  __device__ __forceinline__ void operator()(const Words& words, T (&values)[4]) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) values[i] = words.word[i] < below ? static_cast<T>(value) : T{0};
  }
};

template <class Make>
void fill(const char* name, Tensor& y, const Philox& stream, Make make) {
  if (y.numel() == 0) return;
  const int64_t blocks = blocks_for(y.numel(), 4);
  const unsigned threads = block_for(blocks);
  dispatch_float(name, y.dtype(), [&]<class T>() {
    SADDLE_LAUNCH((fill_kernel<T, Make>), static_cast<unsigned>(blocks_for(blocks, threads)), threads, 0,
                  y.device(), y.data<T>(), y.numel(), stream, make);
  });
}

}  // namespace

void uniform(Tensor& y, double low, double high, Philox stream) {
  // Rounding to f32 could give `high` itself: keep below it.
  const double highest = y.dtype() == DType::f32
                             ? std::nextafter(static_cast<float>(high), static_cast<float>(low))
                             : std::nextafter(high, low);
  fill("uniform", y, stream, MakeUniform{low, high - low, highest});
}

void normal(Tensor& y, double mean, double std, Philox stream) {
  fill("normal", y, stream, MakeNormal{mean, std});
}

void bernoulli(Tensor& y, double p, double value, Philox stream) {
  // w / 2^32 < p for a whole w.
  const auto below = static_cast<uint64_t>(std::ceil(p * 0x1p32));
  fill("bernoulli", y, stream, MakeBernoulli{below, value});
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
