#include "tests/ops/record.h"

#include <cmath>

#include "core/random.h"

namespace saddle::test {

size_t Array::offset(std::initializer_list<int64_t> index) const {
  int64_t o = 0;
  int d = 0;
  for (int64_t i : index) o = o * shape[d++] + i;
  return static_cast<size_t>(o);
}

std::vector<Record>& op_table() {
  static std::vector<Record> table;
  return table;
}

std::vector<Record>& kernel_table() {
  static std::vector<Record> table;
  return table;
}

Variables make_inputs(const Sample& sample, DType dtype, Device device) {
  Variables inputs;
  uint64_t seed = 1;
  for (const Input& input : sample.inputs) {
    const Philox stream{seed++, 0};
    std::vector<double> values = input.values;
    for (int64_t i = 0; static_cast<int64_t>(values.size()) < input.shape.numel(); ++i) {
      const double u = stream(static_cast<uint64_t>(i))[0] * 0x1p-32;
      double v = input.low + (input.high - input.low) * u;
      if (std::abs(v) < input.away_from_zero) v += v < 0 ? -input.away_from_zero : input.away_from_zero;
      values.push_back(v);
    }
    const Variable f64 = Tensor::from(values, input.shape);
    const DType own = input.dtype == DType::f32 ? dtype : input.dtype;
    Variable x = cast(f64, own).value().to(device);
    x.requires_grad_(input.differentiable && is_float(own));
    inputs.push_back(x);
  }
  return inputs;
}

Array to_array(const Tensor& tensor) {
  Array a(tensor.shape());
  a.values = cast(tensor.to(Device{}), DType::f64).value().to_vector<double>();
  return a;
}

std::vector<int64_t> extents(const Shape& shape) {
  return std::vector<int64_t>(shape.begin(), shape.end());
}

Variable zeros(const Shape& shape, DType dtype) {
  return Tensor::zeros(shape, dtype);
}

}  // namespace saddle::test
