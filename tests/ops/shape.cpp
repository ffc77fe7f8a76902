// Records of the ops that move elements.
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using Index = std::vector<int64_t>;

Index unravel(const Shape& shape, int64_t flat) {
  Index index(static_cast<size_t>(shape.rank()));
  for (int d = shape.rank() - 1; d >= 0; --d) {
    index[static_cast<size_t>(d)] = flat % shape[d];
    flat /= shape[d];
  }
  return index;
}

size_t ravel(const Shape& shape, const Index& index) {
  int64_t flat = 0;
  for (int d = 0; d < shape.rank(); ++d) flat = flat * shape[d] + index[static_cast<size_t>(d)];
  return static_cast<size_t>(flat);
}

/// y[i] = x[from(i)].
Array gathered(const Array& x, const Shape& shape, const std::function<Index(Index)>& from) {
  Array y(shape);
  for (int64_t i = 0; i < shape.numel(); ++i)
    y.values[static_cast<size_t>(i)] = x.values[ravel(x.shape, from(unravel(shape, i)))];
  return y;
}

/// An input of any element type; those that stand in for no other have no gradient.
Input input_of(const Shape& shape, DType dtype = DType::f32) {
  Input input{.shape = shape, .dtype = dtype, .differentiable = dtype == DType::f32};
  if (!is_float(dtype)) input.low = 0, input.high = 255;
  return input;
}

/// A sample of one input that moves as many bytes as it reads and writes; other types than f32 have no
/// gradient.
Sample move_sample(const std::string& name, const Shape& from, const Shape& to, DType dtype, bool gradient) {
  Sample s;
  s.name = dtype == DType::f32 ? name : concat(name, " ", dtype);
  s.inputs = {input_of(from, dtype)};
  s.gradient = gradient && dtype == DType::f32;
  s.bytes = static_cast<double>(size_of(dtype)) * static_cast<double>(from.numel() + to.numel());
  return s;
}

Sample expand_sample(const Shape& from, const Shape& to, bool gradient = true, DType dtype = DType::f32) {
  Sample s = move_sample(concat(from, " to ", to), from, to, dtype, gradient);
  s.run = [to](const Variables& v) { return expand(v[0], to); };
  s.reference = [to](const std::vector<Array>& x) {
    return gathered(x[0], to, [&](Index i) {
      i.erase(i.begin(), i.end() - x[0].shape.rank());
      for (int d = 0; d < x[0].shape.rank(); ++d)
        if (x[0].shape[d] == 1) i[static_cast<size_t>(d)] = 0;
      return i;
    });
  };
  s.options = {{"size", extents(to)}};
  return s;
}

Sample reshape_sample(const Shape& from, const std::vector<int64_t>& wanted, const Shape& to,
                      bool gradient = true, DType dtype = DType::f32) {
  Sample s = move_sample(concat(from, " to ", nlohmann::json(wanted).dump()), from, to, dtype, gradient);
  s.run = [wanted](const Variables& v) { return reshape(v[0], wanted); };
  s.reference = [to](const std::vector<Array>& x) {
    Array y = x[0];
    y.shape = to;
    return y;
  };
  s.options = {{"shape", wanted}};
  s.bytes = 0;
  return s;
}

const Records records([](auto add_record) {
  add_record({"expand",
              {expand_sample({2, 1, 3}, {2, 4, 3}), expand_sample({3}, {2, 3}), expand_sample({2, 1}, {2, 5}),
               expand_sample({1, 3}, {4, 3}), expand_sample({}, {7}), expand_sample({}, {2, 3}),
               expand_sample({1}, {1, 1, 1}), expand_sample({1, 2, 1, 3, 1}, {2, 2, 3, 3, 2}),
               expand_sample({2, 3}, {2, 3}), expand_sample({1, 64, 1, 1}, {3, 64, 33, 17}, false),
               expand_sample({17, 1}, {17, 9000}, false), expand_sample({9001}, {11, 9001}, false),
               expand_sample({1, 3}, {0, 3}, false), expand_sample({2, 1, 3}, {2, 4, 3}, false, DType::u8),
               expand_sample({2, 1}, {2, 5}, false, DType::i64),
               expand_sample({5, 1, 33}, {2, 5, 40, 33}, false, DType::bf16)},
              {{"shapes",
                [] {
                  expand(zeros({2, 3}), {2, 4});
                },
                "expand: shapes [2,3] and [2,4] do not broadcast: axis 1 has extents 3 and 4"},
               {"smaller",
                [] {
                  expand(zeros({2, 3}), {2, 1});
                },
                "expand: shape [2,3] does not broadcast to [2,1]"},
               {"lower rank",
                [] {
                  expand(zeros({1, 3}), {3});
                },
                "expand: shape [1,3] does not broadcast to [3]"}}});

  add_record({"reshape",
              {reshape_sample({2, 6}, {3, 4}, {3, 4}), reshape_sample({2, 6}, {3, -1}, {3, 4}),
               reshape_sample({2, 3, 2}, {-1}, {12}), reshape_sample({1}, {}, {}),
               reshape_sample({}, {1, 1}, {1, 1}), reshape_sample({5}, {5}, {5}),
               reshape_sample({0, 4}, {2, 0}, {2, 0}, false),
               reshape_sample({2, 6}, {-1, 3}, {4, 3}, false, DType::u8),
               reshape_sample({2, 6}, {4, 3}, {4, 3}, false, DType::i64),
               reshape_sample({64, 33}, {33, 64}, {33, 64}, false, DType::bf16)},
              {{"count",
                [] {
                  reshape(zeros({2, 3}), {4, 2});
                },
                "reshape: shape [2,3] has 6 elements, the new shape [4,2] has 8"},
               {"count with -1",
                [] {
                  reshape(zeros({2, 3}), {4, -1});
                },
                "reshape: shape [2,3] has 6 elements, the new shape [4,1] has 4"},
               {"two unknown",
                [] {
                  reshape(zeros({2, 3}), {-1, -1});
                },
                "reshape: more than one extent is -1"},
               {"negative",
                [] {
                  reshape(zeros({2, 3}), {2, -3});
                },
                "shape: extent -3 is negative"}}});
});

}  // namespace
}  // namespace saddle::test
