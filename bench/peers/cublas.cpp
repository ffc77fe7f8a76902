#include "bench/peers/cublas.h"

#include <cublas_v2.h>

#include "bench/cases.h"
#include "bench/gpu_work.h"
#include "bench/peers/operand.h"

namespace saddle::bench::cublas {
namespace {

const Library& library() {
  static const Library library{"libcublas.so", "libcublas.so.13", "libcublas.so.12"};
  return library;
}

#define CUBLAS(name) (*library().find<decltype(::name)>(#name))

// The header overloads it for C++, so that decltype cannot name it.
using GemmEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                              const void* alpha, const void* a, cudaDataType, int lda, const void* b,
                              cudaDataType, int ldb, const void* beta, void* c, cudaDataType, int ldc,
                              cublasComputeType_t, cublasGemmAlgo_t);

void check(const char* what, cublasStatus_t status) {
  require(status == CUBLAS_STATUS_SUCCESS, "cuBLAS: ", what, ": status ", static_cast<int>(status));
}

cublasHandle_t handle(Device device) {
  static cublasHandle_t handle = [] {
    cublasHandle_t made = nullptr;
    check("cublasCreate", CUBLAS(cublasCreate_v2)(&made));
    return made;
  }();
  check("cublasSetStream", CUBLAS(cublasSetStream_v2)(handle, stream_of(device)));
  return handle;
}

}  // namespace

LibraryVersion version() {
  if (!library().loaded()) return {false, "no cuBLAS found"};
  try {
    int numbers[3] = {};
    for (int i = 0; i < 3; ++i)
      CUBLAS(cublasGetProperty)(i == 0 ? MAJOR_VERSION : i == 1 ? MINOR_VERSION : PATCH_LEVEL, &numbers[i]);
    return {true, concat("cuBLAS ", numbers[0], ".", numbers[1], ".", numbers[2])};
  } catch (const Error& error) {
    return {false, concat("no cuBLAS: ", error.what())};
  }
}

Candidates matmul(int64_t m, int64_t n, int64_t k, Device device, Precision precision) {
  const auto make = [=]() -> Call {
    const Tensor a = operand({m, k}, device, precision), b = operand({k, n}, device, precision);
    Tensor y = operand({m, n}, device, precision);
    const cudaDataType_t type = precision == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F;
    const cublasComputeType_t compute =
        precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    const auto rows = static_cast<int>(n), columns = static_cast<int>(m), depth = static_cast<int>(k);
    GemmEx& gemm = *library().find<GemmEx>("cublasGemmEx");
    return [=, &gemm]() mutable {
      const float one = 1, zero = 0;
      // Matrices by columns are ours transposed: y^T = b^T a^T.
      check("cublasGemmEx",
            gemm(handle(device), CUBLAS_OP_N, CUBLAS_OP_N, rows, columns, depth, &one, b.raw(), type, rows,
                 a.raw(), type, depth, &zero, y.raw(), type, rows, compute, CUBLAS_GEMM_DEFAULT));
    };
  };
  return {{"cuBLAS", make}};
}

}  // namespace saddle::bench::cublas
