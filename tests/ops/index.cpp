// Records of the ops that read and write where indices say.
#include "tests/ops/moving.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

/// Random indices in [0, extent), or the given ones.
Input indices(const Shape& shape, int64_t extent, std::vector<double> values = {}) {
  return {.shape = shape,
          .low = 0,
          .high = static_cast<double>(extent),
          .dtype = DType::i64,
          .values = std::move(values)};
}

/// The place in the large tensor of element i of the small one, whose place along the axis is indexed.
Index indexed(Index i, int axis, const Array& index) {
  const auto a = static_cast<size_t>(axis);
  const size_t at = index.shape.rank() == 1 ? static_cast<size_t>(i[a]) : ravel(index.shape, i);
  i[a] = static_cast<int64_t>(index.values[at]);
  return i;
}

Array gather_reference(const Array& x, int axis, const Array& index, const Shape& shape) {
  return gathered(x, shape, [&](const Index& i) { return indexed(i, x.shape.axis(axis), index); });
}

Array scatter_reference(const Array& x, int axis, const Array& index, const Shape& shape) {
  Array y(shape);
  for (int64_t flat = 0; flat < x.shape.numel(); ++flat)
    y.values[ravel(shape, indexed(unravel(x.shape, flat), shape.axis(axis), index))] +=
        x.values[static_cast<size_t>(flat)];
  return y;
}

double traffic(const Shape& moved, const Shape& index, const Shape& rest = Shape{0}) {
  return 4.0 * static_cast<double>(2 * moved.numel() + rest.numel()) +
         8.0 * static_cast<double>(index.numel());
}

struct Case {
  Shape large, index;
  int axis;
  bool gradient = true;
  std::vector<double> values = {};  // of the index
};

Sample gather_sample(const Case& c, DType dtype = DType::f32) {
  Sample s;
  s.name =
      concat(c.large, " axis ", c.axis, " index ", c.index, dtype == DType::f32 ? "" : concat(" ", dtype));
  s.inputs = {input_of(c.large, dtype), indices(c.index, c.large[c.axis], c.values)};
  s.run = [c](const Variables& v) { return gather(v[0], c.axis, v[1]); };
  s.reference = [c](const std::vector<Array>& x) { return gather_reference(x[0], c.axis, x[1], c.index); };
  s.options = {{"dim", c.axis}};
  s.gradient = c.gradient && dtype == DType::f32;
  s.bytes = traffic(c.index, c.index);
  return s;
}

Sample scatter_sample(const Case& c) {
  Sample s = gather_sample(c);
  s.inputs[0] = {.shape = c.index};
  s.run = [c](const Variables& v) { return scatter_add(v[0], c.axis, v[1], c.large); };
  s.reference = [c](const std::vector<Array>& x) { return scatter_reference(x[0], c.axis, x[1], c.large); };
  s.options["input_size"] = extents(c.large);
  s.tolerance = 64;
  s.bytes = traffic(c.index, c.index, c.large);
  return s;
}

/// The slices that an index [K] chooses.
Shape chosen(const Case& c) {
  Shape shape = c.large;
  shape.set(c.axis, c.index[0]);
  return shape;
}

Sample index_select_sample(const Case& c, DType dtype = DType::f32) {
  Sample s = gather_sample(c, dtype);
  s.run = [c](const Variables& v) { return index_select(v[0], c.axis, v[1]); };
  s.reference = [c](const std::vector<Array>& x) { return gather_reference(x[0], c.axis, x[1], chosen(c)); };
  s.bytes = traffic(chosen(c), c.index);
  return s;
}

Sample index_add_sample(const Case& c) {
  Sample s = index_select_sample(c);
  s.inputs[0] = {.shape = chosen(c)};
  s.run = [c](const Variables& v) { return index_add(v[0], c.axis, v[1], c.large[c.axis]); };
  s.reference = [c](const std::vector<Array>& x) { return scatter_reference(x[0], c.axis, x[1], c.large); };
  s.options["input_size"] = extents(c.large);
  s.tolerance = 64;
  s.bytes = traffic(chosen(c), c.index, c.large);
  return s;
}

Sample one_hot_sample(const Shape& shape, int64_t classes, DType dtype) {
  Sample s;
  s.name = concat(shape, " of ", classes, " ", dtype);
  s.inputs = {indices(shape, classes)};
  s.run = [=](const Variables& v) { return one_hot(v[0], classes, dtype); };
  s.reference = [classes](const std::vector<Array>& x) {
    Shape to = x[0].shape;
    to.push_back(classes);
    Array y(to);
    for (size_t i = 0; i < x[0].values.size(); ++i)
      y.values[i * static_cast<size_t>(classes) + static_cast<size_t>(x[0].values[i])] = 1;
    return y;
  };
  s.options = {{"num_classes", classes}};
  s.gradient = false;
  return s;
}

template <class F>
std::vector<Sample> samples_of(const std::vector<Case>& cases, F f) {
  std::vector<Sample> samples;
  for (const Case& c : cases) samples.push_back(f(c));
  return samples;
}

/// As the values of an input.
Variable index_of(const std::vector<int64_t>& values, const Shape& shape) {
  return Tensor::from(values, shape);
}

const Records records([](auto add_record) {
  const std::vector<Case> full{{{3, 4}, {3, 2}, 1},
                               {{3, 4}, {5, 4}, 0},
                               {{2, 3, 4}, {2, 5, 4}, -2},
                               {{5}, {7}, 0},
                               {{3, 4}, {2, 6}, -1},       // fewer rows than there are
                               {{4, 3, 3}, {2, 3, 2}, 1},  // fewer around the axis
                               {{3, 2}, {3, 4}, 1, true, {1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0}},
                               {{3, 4}, {3, 0}, 1, false},
                               {{90, 70}, {90, 300}, 1, false},
                               {{70, 190}, {300, 190}, 0, false},
                               {{7, 11, 9, 133}, {7, 30, 8, 129}, 1, false}};
  std::vector<Sample> gathers = samples_of(full, [](const Case& c) { return gather_sample(c); });
  for (const DType dtype : {DType::f64, DType::bf16, DType::u8, DType::i64})
    gathers.push_back(gather_sample({{3, 40}, {3, 17}, 1}, dtype));
  add_record({"gather",
              gathers,
              {{"axis",
                [] {
                  gather(zeros({2, 3}), 2, zeros({2, 3}, DType::i64));
                },
                "gather: axis 2 is out of range for shape [2,3]"},
               {"dtype",
                [] {
                  gather(zeros({2, 3}), 1, zeros({2, 3}));
                },
                "gather: index has dtype f32, not i64"},
               {"rank",
                [] {
                  gather(zeros({2, 3}), 1, zeros({2}, DType::i64));
                },
                "gather: index [2] does not fit [2,3] along axis 1"},
               {"shape",
                [] {
                  gather(zeros({2, 3}), 1, zeros({3, 1}, DType::i64));
                },
                "gather: index [3,1] does not fit [2,3] along axis 1"},
               {"beyond",
                [] {
                  gather(zeros({2, 3}), 1, index_of({0, 2, 1, 3}, {2, 2}));
                },
                "gather: index 3 at [1,1] is not in [0, 3)"},
               {"negative",
                [] {
                  gather(zeros({2, 3}), 0, index_of({0, 1, -1}, {1, 3}));
                },
                "gather: index -1 at [0,2] is not in [0, 2)"}}});
  add_record({"scatter_add",
              samples_of(full, scatter_sample),
              {{"dtype", [] { scatter_add(zeros({2}, DType::u8), 0, zeros({2}, DType::i64), {3}); },
                "scatter_add: dtype u8 is not f32 or f64"},
               {"index dtype", [] { scatter_add(zeros({2}), 0, zeros({2}, DType::u8), {3}); },
                "scatter_add: index has dtype u8, not i64"},
               {"index shape",
                [] {
                  scatter_add(zeros({2, 3}), 1, zeros({2, 2}, DType::i64), {2, 3});
                },
                "scatter_add: index [2,2] is not shaped like input [2,3]"},
               {"shape",
                [] {
                  scatter_add(zeros({2, 3}), 1, zeros({2, 3}, DType::i64), {1, 3});
                },
                "scatter_add: index [2,3] does not fit [1,3] along axis 1"},
               {"axis", [] { scatter_add(zeros({2}), 1, zeros({2}, DType::i64), {3}); },
                "scatter_add: axis 1 is out of range for shape [3]"},
               {"beyond",
                [] {
                  scatter_add(zeros({3}), 0, index_of({1, 4, 9}, {3}), {4});
                },
                "scatter_add: index 4 at [1] is not in [0, 4)"}}});

  const std::vector<Case> lists{{{3, 4}, {2}, 1},
                                {{3, 4}, {5}, 0},
                                {{2, 3, 2, 2}, {4}, -3},
                                {{5}, {7}, 0},
                                {{3, 2}, {4}, 0, true, {2, 2, 0, 2}},
                                {{1, 3}, {2}, 0},
                                {{3, 4}, {0}, 0, false},
                                {{50, 200}, {700}, 0, false},
                                {{90, 70}, {300}, 1, false},
                                {{5, 40, 137}, {33}, 1, false}};
  std::vector<Sample> selects = samples_of(lists, [](const Case& c) { return index_select_sample(c); });
  for (const DType dtype : {DType::f64, DType::bf16, DType::u8, DType::i64})
    selects.push_back(index_select_sample({{3, 40}, {17}, 1}, dtype));
  add_record({"index_select",
              selects,
              {{"axis",
                [] {
                  index_select(zeros({2, 3}), -3, zeros({2}, DType::i64));
                },
                "index_select: axis -3 is out of range for shape [2,3]"},
               {"rank",
                [] {
                  index_select(zeros({2, 3}), 0, zeros({2, 1}, DType::i64));
                },
                "index_select: index [2,1] is not [K]"},
               {"dtype",
                [] {
                  index_select(zeros({2, 3}), 0, zeros({2}));
                },
                "index_select: index has dtype f32, not i64"},
               {"beyond",
                [] {
                  index_select(zeros({2, 3}), 1, index_of({0, 1, 3}, {3}));
                },
                "index_select: index 3 at [2] is not in [0, 3)"}}});
  add_record({"index_add",
              samples_of(lists, index_add_sample),
              {{"dtype", [] { index_add(zeros({2}, DType::i64), 0, zeros({2}, DType::i64), 3); },
                "index_add: dtype i64 is not f32 or f64"},
               {"axis", [] { index_add(zeros({2}), 1, zeros({2}, DType::i64), 3); },
                "index_add: axis 1 is out of range for shape [2]"},
               {"rank",
                [] {
                  index_add(zeros({2}), 0, zeros({1, 2}, DType::i64), 3);
                },
                "index_add: index [1,2] is not [K]"},
               {"count",
                [] {
                  index_add(zeros({2, 3}), 1, zeros({2}, DType::i64), 3);
                },
                "index_add: index [2] does not fit the 3 slices of [2,3] along axis 1"},
               {"beyond",
                [] {
                  index_add(zeros({2}), 0, index_of({0, -2}, {2}), 3);
                },
                "index_add: index -2 at [1] is not in [0, 3)"}}});

  add_record({"one_hot",
              {one_hot_sample({7}, 5, DType::f64), one_hot_sample({2, 3}, 4, DType::f64),
               one_hot_sample({}, 3, DType::f32), one_hot_sample({5}, 1, DType::f32),
               one_hot_sample({0}, 3, DType::f32), one_hot_sample({3000}, 11, DType::f32)},
              {{"classes", [] { one_hot(zeros({2}, DType::i64), 0); }, "one_hot: 0 classes are fewer than 1"},
               {"dtype", [] { one_hot(zeros({2}), 3); }, "one_hot: index has dtype f32, not i64"},
               {"beyond",
                [] {
                  one_hot(index_of({0, 2, 3}, {3}), 3);
                },
                "one_hot: index 3 at [2] is not in [0, 3)"}}});
});

}  // namespace
}  // namespace saddle::test
