// Right kernels give right results, with the same bits in every order of threads, and no complaint.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "tests/emulator/device_array.h"
#include "tests/emulator/kernels/right.h"
#include "tests/emulator/orders.h"

using namespace saddle;
using namespace saddle::test;

namespace {

/// Numbers in [-1, 1] that look random.
std::vector<float> floats(size_t n, uint32_t seed) {
  std::vector<float> values(n);
  uint32_t state = seed;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0f;
  }
  return values;
}

/// Integers in [0, below).
std::vector<int> integers(size_t n, int below, uint32_t seed) {
  std::vector<int> values(n);
  const std::vector<float> random = floats(n, seed);
  for (size_t i = 0; i < n; ++i)
    values[i] = std::min(below - 1, static_cast<int>((random[i] + 1) / 2 * static_cast<float>(below)));
  return values;
}

/// Runs `compute` in each order; all results have the bits of the first, which is returned.
template <class T>
std::vector<T> same_in_each_order(const std::function<std::vector<T>()>& compute) {
  std::vector<T> first;
  in_each_order([&] {
    const std::vector<T> result = compute();
    if (first.empty()) first = result;
    REQUIRE(std::memcmp(first.data(), result.data(), result.size() * sizeof(T)) == 0);
  });
  return first;
}

/// c[m, n] = a[m, k] b[k, n] in f64, inputs rounded first.
std::vector<double> product(const std::vector<float>& a, const std::vector<float>& b, size_t m, size_t n,
                            size_t k, const std::function<double(float)>& round) {
  std::vector<double> c(m * n);
  for (size_t i = 0; i < m; ++i)
    for (size_t kk = 0; kk < k; ++kk)
      for (size_t j = 0; j < n; ++j) c[i * n + j] += round(a[i * k + kk]) * round(b[kk * n + j]);
  return c;
}

using Gemm = void (*)(const float*, const float*, float*, int, int, int, cudaStream_t);

void check_gemm(Gemm gemm_function, int m, int n, int k, const std::function<double(float)>& round) {
  CAPTURE(m, n, k);
  const auto rows = static_cast<size_t>(m), columns = static_cast<size_t>(n), depth = static_cast<size_t>(k);
  const std::vector<float> a = floats(rows * depth, 1), b = floats(depth * columns, 2);
  const std::vector<float> c = same_in_each_order<float>([&] {
    DeviceArray<float> device_a(a, "a"), device_b(b, "b"), device_c(rows * columns, "c");
    gemm_function(device_a.data(), device_b.data(), device_c.data(), m, n, k, nullptr);
    return device_c.values();
  });
  const std::vector<double> expected = product(a, b, rows, columns, depth, round);
  for (size_t i = 0; i < c.size(); ++i) REQUIRE(std::abs(c[i] - expected[i]) <= 1e-6 * std::sqrt(k));
}

/// x to `bits` bits of fraction, half away from zero or to even.
double rounded(float x, int bits, bool half_to_even) {
  if (x == 0) return 0;
  int exponent = 0;
  const double scaled = std::ldexp(std::frexp(x, &exponent), bits + 1);
  return std::ldexp(half_to_even ? std::nearbyint(scaled) : std::round(scaled), exponent - bits - 1);
}

}  // namespace

TEST_CASE("vectors are added and scaled to their tails", "[emulator][right]") {
  for (const int n : {1, 3, 63, 64, 65, 1000}) {
    const auto size = static_cast<size_t>(n);
    const std::vector<float> a = floats(size, 1), b = floats(size, 2);
    const std::vector<float> results = same_in_each_order<float>([&] {
      DeviceArray<float> device_a(a, "a"), device_b(b, "b"), sum_out(size, "sum"), scaled(size, "scaled");
      vector_add(device_a.data(), device_b.data(), sum_out.data(), n, nullptr);
      scale(device_a.data(), scaled.data(), 2.5f, n, nullptr);
      std::vector<float> both = sum_out.values();
      both.insert(both.end(), scaled.values().begin(), scaled.values().end());
      return both;
    });
    for (size_t i = 0; i < size; ++i) {
      REQUIRE(results[i] == a[i] + b[i]);
      REQUIRE(results[size + i] == 2.5f * a[i]);
    }
  }
}

TEST_CASE("threads write bytes of one word", "[emulator][right]") {
  std::vector<uint8_t> x(128);
  std::iota(x.begin(), x.end(), uint8_t{7});
  const std::vector<uint32_t> y = same_in_each_order<uint32_t>([&] {
    DeviceArray<uint8_t> device_x(x, "x"), bytes(x.size(), "bytes");
    DeviceArray<uint32_t> device_y(x.size() / 4, "y");
    pack_bytes(device_x.data(), bytes.data(), device_y.data(), static_cast<int>(x.size()), nullptr);
    return device_y.values();
  });
  CHECK(std::memcmp(y.data(), x.data(), x.size()) == 0);
}

TEST_CASE("a sum over blocks in one launch", "[emulator][right]") {
  for (const int n : {1, 95, 480, 1003}) {
    const std::vector<float> x = floats(static_cast<size_t>(n), 3);
    const std::vector<float> result = same_in_each_order<float>([&] {
      DeviceArray<float> device_x(x, "x"), partial(sum_blocks, "partial"), total(1, "sum");
      DeviceArray<unsigned> blocks_done(std::vector<unsigned>{0}, "blocks_done");
      for (int repeat = 0; repeat < 2; ++repeat)
        test::sum(device_x.data(), partial.data(), blocks_done.data(), total.data(), n, nullptr);
      REQUIRE(blocks_done.values()[0] == 0);
      return total.values();
    });
    CHECK(result[0] == Approx(std::accumulate(x.begin(), x.end(), 0.0)).margin(1e-4));
  }
}

TEST_CASE("a histogram by atomics", "[emulator][right]") {
  const std::vector<int> x = integers(300, histogram_bins, 4);
  const std::vector<int> counts = same_in_each_order<int>([&] {
    DeviceArray<int> device_x(x, "x"), device_counts(std::vector<int>(histogram_bins), "counts");
    histogram(device_x.data(), device_counts.data(), 300, nullptr);
    return device_counts.values();
  });
  for (int bin = 0; bin < histogram_bins; ++bin)
    CHECK(counts[static_cast<size_t>(bin)] == std::count(x.begin(), x.end(), bin));
}

TEST_CASE("a transpose through tiles", "[emulator][right]") {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {31, 17}, {32, 16}, {33, 40}}) {
    const auto height = static_cast<size_t>(rows), width = static_cast<size_t>(columns);
    const std::vector<float> x = floats(height * width, 5);
    const std::vector<float> y = same_in_each_order<float>([&, rows = rows, columns = columns] {
      DeviceArray<float> device_x(x, "x"), device_y(x.size(), "y");
      transpose(device_x.data(), device_y.data(), rows, columns, nullptr);
      return device_y.values();
    });
    for (size_t i = 0; i < x.size(); ++i) REQUIRE(y[i % width * height + i / width] == x[i]);
  }
}

TEST_CASE("lanes work together", "[emulator][right]") {
  constexpr size_t n = 256;
  std::vector<int> x = integers(n, 1000, 6);
  for (int& value : x) value -= 500;
  using Kernel = std::function<void(const int*, int*, int*)>;
  const auto run = [&](const Kernel& kernel, size_t results, size_t counts) {
    return same_in_each_order<int>([&] {
      DeviceArray<int> device_x(x, "x"), y(results, "y"), device_counts(counts, "counts");
      kernel(device_x.data(), y.data(), device_counts.data());
      std::vector<int> all = y.values();
      all.insert(all.end(), device_counts.values().begin(), device_counts.values().end());
      return all;
    });
  };
  const auto first = [&](size_t i, size_t length) {
    return x.begin() + static_cast<long>(i / length * length);
  };

  SECTION("shuffles: a scan") {
    const auto y = run([&](const int* in, int* out, int*) { scan8(in, out, n, nullptr); }, n, 1);
    for (size_t i = 0; i < n; ++i)
      REQUIRE(y[i] == std::accumulate(first(i, 8), x.begin() + static_cast<long>(i) + 1, 0));
  }
  SECTION("votes: a compaction") {
    const auto y =
        run([&](const int* in, int* out, int* counts) { compact32(in, out, counts, n, nullptr); }, n, n / 32);
    for (size_t i = 0; i < n; i += 32) {
      std::vector<int> expected;
      std::copy_if(first(i, 32), first(i, 32) + 32, std::back_inserter(expected),
                   [](int v) { return v > 0; });
      REQUIRE(y[n + i / 32] == static_cast<int>(expected.size()));
      expected.resize(32);
      REQUIRE(std::equal(expected.begin(), expected.end(), y.begin() + static_cast<long>(i)));
    }
  }
  SECTION("reductions of some lanes") {
    const auto y =
        run([&](const int* in, int* out, int*) { reduce_odd(in, out, n, nullptr); }, n / 64 * 4, 1);
    for (size_t block = 0; block < n / 64; ++block) {
      std::vector<int> odd;
      std::copy_if(first(block * 64, 64), first(block * 64, 64) + 32, std::back_inserter(odd),
                   [](int v) { return (v & 1) != 0; });
      CHECK(y[4 * block] == std::accumulate(odd.begin(), odd.end(), 0));
      CHECK(y[4 * block + 1] == *std::min_element(odd.begin(), odd.end()));
      CHECK(y[4 * block + 2] == *std::max_element(odd.begin(), odd.end()));
      CHECK(y[4 * block + 3] == std::accumulate(odd.begin(), odd.end(), 0, std::bit_xor<int>()));
    }
  }
  SECTION("__syncwarp: a tree in shared memory") {
    const auto y = run([&](const int* in, int* out, int*) { warp_tree(in, out, n, nullptr); }, n, 1);
    for (size_t i = 0; i < n; ++i) REQUIRE(y[i] == std::accumulate(first(i, 32), first(i, 32) + 32, 0));
  }
  SECTION("barriers for half a block, and those that count") {
    const auto y =
        run([&](const int* in, int* out, int* counts) { reverse_halves(in, out, counts, n, nullptr); }, n,
            n / 128);
    for (size_t i = 0; i < n; ++i) REQUIRE(y[i] == x[i / 64 * 64 + 63 - i % 64]);
    for (size_t block = 0; block < n / 128; ++block)
      CHECK(y[n + block] == std::count_if(first(block * 128, 128), first(block * 128, 128) + 128,
                                          [](int v) { return (v & 1) != 0; }));
  }
}

TEST_CASE("barriers for some warps and lanes make chains", "[emulator][right]") {
  constexpr size_t n = 192;
  const std::vector<int> x = integers(n, 1000, 7);
  const std::vector<int> y = same_in_each_order<int>([&] {
    DeviceArray<int> device_x(x, "x"), device_y(n, "y");
    pass_on(device_x.data(), device_y.data(), n, nullptr);
    return device_y.values();
  });
  for (size_t i = 0; i < n; ++i) {
    const size_t block = i / 96 * 96, lane = i % 32;
    REQUIRE(y[i] == (i % 96 < 64 ? x[i] : x[block + 31 - (lane ^ 15)]));
  }
}

TEST_CASE("matrix products through shared memory and cp.async", "[emulator][right]") {
  for (const auto& [m, n, k] : {std::tuple{32, 32, 8}, {1, 1, 1}, {33, 31, 17}, {5, 64, 24}})
    check_gemm(gemm, m, n, k, [](float x) { return double{x}; });
}

TEST_CASE("matrix products on tensor cores", "[emulator][right]") {
  for (const auto& [m, n, k] : {std::tuple{32, 16, 16}, {31, 12, 4}, {33, 20, 68}}) {
    check_gemm(gemm_tf32, m, n, k, [](float x) { return rounded(x, 10, false); });
    check_gemm(gemm_bf16, m, n, k, [](float x) { return rounded(x, 7, true); });
  }
}

TEST_CASE("ldmatrix gives each lane its elements", "[emulator][right]") {
  std::vector<uint16_t> x(4 * 8 * 8);
  std::iota(x.begin(), x.end(), uint16_t{1000});
  const std::vector<uint32_t> y = same_in_each_order<uint32_t>([&] {
    DeviceArray<uint16_t> device_x(x, "x");
    DeviceArray<uint32_t> device_y(12 * 32, "y");
    load_fragments(device_x.data(), device_y.data(), nullptr);
    return device_y.values();
  });
  const bool transposed[12] = {false, false, false, false, true, true, true, true, false, false, true, true};
  const size_t matrix[12] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 0, 1};
  for (size_t i = 0; i < 12; ++i)
    for (size_t lane = 0; lane < 32; ++lane)
      for (size_t half = 0; half < 2; ++half) {
        const size_t row = lane / 4, column = lane % 4 * 2 + half;
        const size_t place = matrix[i] * 64 + (transposed[i] ? column * 8 + row : row * 8 + column);
        REQUIRE((y[i * 32 + lane] >> (16 * half) & 0xffff) == x[place]);
      }
}
