// The op table. A record says, for one op: sample inputs, how to call it, a plain reference in f64, and
// inputs that it must refuse, with the message. From the table come the tests: value (each dtype, each SIMD
// target, thread counts, guard bands), gradient, gradient of gradient, refusals; and the data that the
// PyTorch comparison and the kernel benchmark read.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "autograd/ops.h"

namespace saddle::test {

/// A dense array of doubles for references.
struct Array {
  Shape shape;
  std::vector<double> values;

  Array() = default;
  explicit Array(const Shape& s, double value = 0)
      : shape(s), values(static_cast<size_t>(s.numel()), value) {}
  template <class... I>
  double& at(I... index) {
    return values[offset({static_cast<int64_t>(index)...})];
  }
  template <class... I>
  double at(I... index) const {
    return values[offset({static_cast<int64_t>(index)...})];
  }
  size_t offset(std::initializer_list<int64_t> index) const;
};

/// How an input is filled. Values are random, the same for the same sample, and stay clear of the places
/// where the op has a kink, which would spoil a central difference.
struct Input {
  Shape shape;
  double low = -1, high = 1;  ///< uniform in [low, high]
  double away_from_zero = 0;  ///< |value| is at least this
  DType dtype = DType::f32;   ///< f32 stands for the dtype under test; others are taken as they are
  bool differentiable = true;
  std::vector<double> values = {};  ///< given instead of random
};

struct Sample {
  std::string name;  ///< shapes and options, as printed in the test's name
  std::vector<Input> inputs;
  std::function<Variable(const Variables&)> run;
  std::function<Array(const std::vector<Array>&)> reference;
  /// Options under PyTorch's names, for the comparison with it.
  nlohmann::json options = nlohmann::json::object();
  bool gradient = true;  ///< false for ops through which no gradient flows
  /// |y - reference| <= tolerance * eps(dtype) * max(1, |reference|): sqrt(K) times a small constant where K
  /// products are summed.
  double tolerance = 16;
  double bytes = 0, flops = 0;  ///< moved and done by one call in f32, for the benchmark
};

struct Refusal {
  std::string name;
  std::function<void()> run;
  std::string message;  ///< a part of the exception's text
};

struct Record {
  std::string op;
  std::vector<Sample> samples;
  std::vector<Refusal> refusals = {};
};

/// All records, in the order of registration.
std::vector<Record>& op_table();
/// Records of kernels that no op calls, updates in place, whose `op` is the kernel's name.
std::vector<Record>& kernel_table();

/// At namespace scope: `const Records records([](auto add) { add({...}); });`
struct Records {
  template <class F>
  explicit Records(F&& fill, std::vector<Record>& table = op_table()) {
    fill([&](Record record) { table.push_back(std::move(record)); });
  }
};

/// Makes a sample's inputs; `dtype` replaces f32. Differentiable float inputs require a gradient.
Variables make_inputs(const Sample& sample, DType dtype, Device device = {});
Array to_array(const Tensor& tensor);
/// A shape for Sample::options.
std::vector<int64_t> extents(const Shape& shape);
/// A tensor of zeros, for refusals.
Variable zeros(const Shape& shape, DType dtype = DType::f32);

}  // namespace saddle::test
