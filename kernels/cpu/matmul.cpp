// Matrix products on the CPU; the loop nest is that of gemm-inl.h, or, where an extent is small, that of
// few_rows-inl.h or few_terms-inl.h.
#include "kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/few_terms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

void matmul_lanes(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options) {
  int64_t m = y.size(-2), batch = 1;
  const int64_t n = y.size(-1), k = a.size(options.trans_a ? -2 : -1);
  for (int i = 0; i + 2 < y.rank(); ++i) batch *= y.size(i);
  if (b.rank() == 2 && a.rank() > 2 && !options.trans_a) {
    // One b for all: the rows of the batch are the rows of one tall product.
    m *= batch;
    batch = 1;
  }
  const ProductSize size{m, n, k};
  dispatch_float("matmul", y.dtype(), [&]<class T>() {
    const auto flat = [&](const ProductSize& own, const FewRows<T>& rows, const Tensor& large, bool turned) {
      return turned ? multiply_flat_transposed<T>(own, rows, large.data<T>(), y.data<T>())
                    : multiply_flat<T>(own, rows, large.data<T>(), y.data<T>());
    };
    if (batch == 1 && size.has_few_rows())
      return flat(size, {a.data<T>(), options.trans_a ? 1 : k, options.trans_a ? m : 1}, b, options.trans_b);
    // A column lies in memory as a row does: y^T = b^T a^T.
    if (batch == 1 && size.is_column()) return flat({1, m, k}, {b.data<T>(), k, 1}, a, !options.trans_a);
    const auto panels = [&](const Tensor& x, bool k_is_last, int64_t lanes) {
      return MatrixPanels<T>{.data = x.data<T>(),
                             .batch_stride = x.rank() > 2 && batch > 1 ? lanes * k : 0,
                             .lane_stride = k_is_last ? k : 1,
                             .k_stride = k_is_last ? 1 : lanes,
                             .lanes = lanes};
    };
    using Panels = MatrixPanels<T>;
    if (batch == 1 && size.has_few_terms())
      return multiply_few_terms<T>(size, panels(a, !options.trans_a, m), panels(b, options.trans_b, n),
                                   y.data<T>());
    const std::vector<Product<Panels, Panels, MatrixSink<T>>> product{
        {.m = m,
         .n = n,
         .k = k,
         .k_unit = 1,
         .a = panels(a, !options.trans_a, m),
         .b = panels(b, options.trans_b, n),
         .c = {.data = y.data<T>(), .batch_stride = m * n, .row_stride = n}}};
    gemm<T>(batch, product);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(matmul_lanes);
void matmul(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options) {
  HWY_DYNAMIC_DISPATCH(matmul_lanes)(a, b, y, options);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
