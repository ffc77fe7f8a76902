// ldmatrix and mma.sync, through records of a whole warp. Layouts: kernels/gpu/ptx.h.
//
// Products are exact and summed in f64, then rounded once to f32. Tensor cores round in between, each
// generation differently: a test compares with a tolerance.
#include <bit>
#include <cstring>
#include <utility>

#include "kernels/gpu/emulator/warp.h"

namespace saddle::emulator {
namespace {

struct Fragments {
  float* d;
  const uint32_t *a, *b;
};

double from_tf32(uint32_t bits) {
  return std::bit_cast<float>(bits & 0xffffe000u);  // the hardware ignores the rest
}

double from_bf16(uint32_t pair, int half) {
  return std::bit_cast<float>(half == 0 ? pair << 16 : pair & 0xffff0000u);
}

/// d += a b, for the warp's lanes; Depth: the length of the sums.
template <int Depth>
void add_product(void* const* records, const double (&a)[16][Depth], const double (&b)[Depth][8]) {
  for (int lane = 0; lane < 32; ++lane) {
    float* const d = static_cast<const Fragments*>(records[lane])->d;
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      double sum = d[i];
      for (int k = 0; k < Depth; ++k) sum += a[row][k] * b[k][column];
      d[i] = static_cast<float>(sum);
    }
  }
}

}  // namespace

uint32_t round_to_tf32(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) return bits & 0xffffe000u;  // infinity and NaN
  return (bits + 0x1000u) & 0xffffe000u;
}

uint32_t round_to_bf16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fff;  // NaN
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}

void multiply_tf32(float* d, const uint32_t* a, const uint32_t* b, Location where) {
  const InEmulator here;
  static constexpr WarpOperation operation{
      "mma.m16n8k8.tf32", [](void* const* records, unsigned) {
        double a_matrix[16][8], b_matrix[8][8];
        for (int lane = 0; lane < 32; ++lane) {
          const auto& fragments = *static_cast<const Fragments*>(records[lane]);
          const int group = lane / 4, pair = lane % 4;
          for (int i = 0; i < 4; ++i)
            a_matrix[group + 8 * (i % 2)][pair + 4 * (i / 2)] = from_tf32(fragments.a[i]);
          for (int i = 0; i < 2; ++i) b_matrix[pair + 4 * i][group] = from_tf32(fragments.b[i]);
        }
        add_product(records, a_matrix, b_matrix);
      }};
  Fragments fragments{d, a, b};
  run_warp_operation(operation, ~0u, &fragments, where);
}

void multiply_bf16(float* d, const uint32_t* a, const uint32_t* b, Location where) {
  const InEmulator here;
  static constexpr WarpOperation operation{
      "mma.m16n8k16.bf16", [](void* const* records, unsigned) {
        double a_matrix[16][16], b_matrix[16][8];
        for (int lane = 0; lane < 32; ++lane) {
          const auto& fragments = *static_cast<const Fragments*>(records[lane]);
          const int group = lane / 4, pair = lane % 4;
          for (int half = 0; half < 2; ++half) {
            for (int i = 0; i < 4; ++i)
              a_matrix[group + 8 * (i % 2)][2 * pair + half + 8 * (i / 2)] = from_bf16(fragments.a[i], half);
            for (int i = 0; i < 2; ++i)
              b_matrix[2 * pair + half + 8 * i][group] = from_bf16(fragments.b[i], half);
          }
        }
        add_product(records, a_matrix, b_matrix);
      }};
  Fragments fragments{d, a, b};
  run_warp_operation(operation, ~0u, &fragments, where);
}

void load_matrices(uint32_t* d, int count, bool transposed, const void* row, Location where) {
  const InEmulator here;
  struct Record {
    uint32_t* d;
    int count;
    bool transposed;
    uint16_t row[8];  // each lane reads its own, so that a race is its own
  };
  static constexpr WarpOperation operation{
      "ldmatrix", [](void* const* records, unsigned) {
        for (int lane = 0; lane < 32; ++lane) {
          const auto& record = *static_cast<const Record*>(records[lane]);
          const auto element = [&](int matrix, int r, int c) -> uint32_t {
            if (record.transposed) std::swap(r, c);
            return static_cast<const Record*>(records[8 * matrix + r])->row[c];
          };
          const int group = lane / 4, pair = lane % 4;
          for (int i = 0; i < record.count; ++i)
            record.d[i] = element(i, group, 2 * pair) | element(i, group, 2 * pair + 1) << 16;
        }
      }};
  Record record{d, count, transposed, {}};
  if (current->lane < static_cast<unsigned>(8 * count)) {
    const void* const code = __builtin_return_address(0);
    check_alignment(row, 16, "ldmatrix", code);
    check_access(row, 16, Access::read, code);
    const Region* const source = machine().memory.find(reinterpret_cast<uintptr_t>(row), 16);
    if (!source || !source->shared)
      fail([&] { return concat("ldmatrix at ", describe(where), " reads what is not shared memory"); });
    std::memcpy(record.row, row, sizeof record.row);
  }
  run_warp_operation(operation, ~0u, &record, where);
}

}  // namespace saddle::emulator
