// Records of the ops that join tensors and cut them.
#include <algorithm>

#include "tests/ops/moving.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

/// The arrays side by side along an axis.
Array joined(const std::vector<Array>& x, int axis) {
  Shape shape = x[0].shape;
  int64_t extent = 0;
  for (const Array& piece : x) extent += piece.shape[axis];
  shape.set(axis, extent);
  const auto a = static_cast<size_t>(shape.axis(axis));
  Array y(shape);
  for (int64_t flat = 0; flat < shape.numel(); ++flat) {
    Index i = unravel(shape, flat);
    size_t piece = 0;
    while (i[a] >= x[piece].shape[axis]) i[a] -= x[piece++].shape[axis];
    y.values[static_cast<size_t>(flat)] = x[piece].values[ravel(x[piece].shape, i)];
  }
  return y;
}

Sample concat_sample(const std::vector<Shape>& shapes, int axis, bool gradient = true,
                     DType dtype = DType::f32) {
  Sample s;
  s.name = dtype == DType::f32 ? "" : concat(dtype, " ");
  for (size_t i = 0; i < std::min<size_t>(shapes.size(), 4); ++i) s.name += concat(shapes[i], " ");
  s.name +=
      concat(shapes.size() > 4 ? concat("and others, ", shapes.size(), " in all, ") : "", "axis ", axis);
  for (const Shape& shape : shapes) {
    s.inputs.push_back(input_of(shape, dtype));
    s.bytes += 2 * static_cast<double>(size_of(dtype)) * static_cast<double>(shape.numel());
  }
  s.run = [axis](const Variables& v) { return concat(v, axis); };
  s.reference = [axis](const std::vector<Array>& x) { return joined(x, axis); };
  s.options = {{"dim", axis}};
  s.gradient = gradient && dtype == DType::f32;
  return s;
}

Sample stack_sample(const Shape& shape, size_t count, int axis) {
  Sample s = concat_sample(std::vector<Shape>(count, shape), 0);
  s.name = concat(count, " times ", shape, " axis ", axis);
  s.run = [axis](const Variables& v) { return stack(v, axis); };
  s.reference = [axis](std::vector<Array> x) {
    for (Array& a : x) {
      const int rank = a.shape.rank() + 1, at = axis < 0 ? axis + rank : axis;
      std::vector<int64_t> longer = extents(a.shape);
      longer.insert(longer.begin() + at, 1);
      a.shape = Shape(longer);
    }
    return joined(x, axis);
  };
  s.options = {{"dim", axis}};
  return s;
}

struct Slice {
  Shape shape;
  int axis;
  int64_t begin, end, step = 1;
  int64_t from = 0, count = 0;  // what the bounds mean
};

Shape sliced(const Slice& c) {
  Shape shape = c.shape;
  shape.set(c.axis, c.count);
  return shape;
}

Sample slice_sample(const Slice& c, bool gradient = true, DType dtype = DType::f32) {
  Sample s = move_sample(concat(c.shape, " axis ", c.axis, " ", c.begin, ":", c.end, ":", c.step), sliced(c),
                         sliced(c), dtype, gradient);
  s.inputs = {input_of(c.shape, dtype)};
  s.run = [c](const Variables& v) { return slice(v[0], c.axis, c.begin, c.end, c.step); };
  s.reference = [c](const std::vector<Array>& x) {
    return gathered(x[0], sliced(c), [&](Index i) {
      int64_t& k = i[static_cast<size_t>(c.shape.axis(c.axis))];
      k = c.from + k * c.step;
      return i;
    });
  };
  s.options = {{"dim", c.axis}, {"start", c.begin}, {"end", c.end}, {"step", c.step}};
  return s;
}

Sample slice_grad_sample(const Slice& c, bool gradient = true, DType dtype = DType::f32) {
  Sample s = slice_sample(c, gradient, dtype);
  s.inputs = {input_of(sliced(c), dtype)};
  s.run = [c](const Variables& v) { return slice_grad(v[0], c.shape, c.axis, c.from, c.step); };
  s.reference = [c](const std::vector<Array>& gy) {
    Array gx(c.shape);
    for (int64_t flat = 0; flat < gy[0].shape.numel(); ++flat) {
      Index i = unravel(gy[0].shape, flat);
      int64_t& k = i[static_cast<size_t>(c.shape.axis(c.axis))];
      k = c.from + k * c.step;
      gx.values[ravel(c.shape, i)] = gy[0].values[static_cast<size_t>(flat)];
    }
    return gx;
  };
  s.options["input_size"] = extents(c.shape);
  return s;
}

/// The pieces in reverse order side by side, since a sample has one output.
Sample pieces_sample(const Shape& shape, int axis, int64_t size, const std::string& how,
                     const std::function<Variables(const Variable&)>& cut) {
  Sample s = move_sample(concat(shape, " axis ", axis, " ", how), shape, shape, DType::f32, true);
  s.run = [=](const Variables& v) {
    Variables pieces = cut(v[0]);
    std::reverse(pieces.begin(), pieces.end());
    return concat(pieces, axis);
  };
  s.reference = [=](const std::vector<Array>& x) {
    const auto a = static_cast<size_t>(shape.axis(axis));
    const int64_t extent = shape[axis], rest = extent % size;
    return gathered(x[0], shape, [&](Index i) {
      // The smaller piece, which is the last, comes first.
      const int64_t k = i[a] - rest;
      i[a] = k < 0 ? extent - rest + i[a] : extent - rest - (k / size + 1) * size + k % size;
      return i;
    });
  };
  s.options = {{"dim", axis}};
  return s;
}

Sample split_sample(const Shape& shape, int axis, int64_t size) {
  Sample s = pieces_sample(shape, axis, size, concat("size ", size),
                           [=](const Variable& x) { return split(x, size, axis); });
  s.options["split_size"] = size;
  return s;
}

/// `size`: of the pieces that n chunks come to.
Sample chunk_sample(const Shape& shape, int axis, int64_t n, int64_t size) {
  Sample s = pieces_sample(shape, axis, size, concat("chunks ", n),
                           [=](const Variable& x) { return chunk(x, n, axis); });
  s.options["chunks"] = n;
  return s;
}

/// f on each of the cases.
template <class F>
std::vector<Sample> samples_of(const std::vector<Slice>& cases, F f) {
  std::vector<Sample> samples;
  for (const Slice& c : cases)
    samples.push_back(f(c, c.shape.numel() > 0 && c.shape.numel() < 100 && c.count > 0, DType::f32));
  for (const DType dtype : {DType::f64, DType::bf16, DType::u8, DType::i64})
    samples.push_back(f(cases.front(), false, dtype));
  return samples;
}

const Records records([](auto add_record) {
  add_record(
      {"concat",
       {concat_sample({{2, 3}, {2, 1}, {2, 2}}, 1), concat_sample({{2, 3}, {1, 3}}, 0),
        concat_sample({{2, 1, 3}, {2, 2, 3}}, -2), concat_sample({{3}}, 0),
        concat_sample({{2, 0}, {2, 3}, {2, 0}}, 1), concat_sample(std::vector<Shape>(20, {2, 1}), 1),
        concat_sample({{17, 1000}, {17, 3}, {17, 900}}, 1, false),
        concat_sample(std::vector<Shape>(70, {2, 1}), 1, false),
        concat_sample({{150, 200}, {1, 200}, {90, 200}}, 0, false),
        concat_sample({{2, 64, 19, 19}, {2, 3, 19, 19}}, 1, false), concat_sample({{0, 3}, {0, 3}}, 0, false),
        concat_sample({{2, 3}, {2, 5}}, 1, false, DType::u8),
        concat_sample({{2, 3}, {2, 5}}, 1, false, DType::i64),
        concat_sample({{2, 3}, {2, 5}}, 1, false, DType::bf16)},
       {{"nothing", [] { concat(Variables{}, 0); }, "concat: no inputs"},
        {"extents",
         [] {
           concat({zeros({2, 3}), zeros({3, 3})}, 1);
         },
         "concat: input 1 of shape [3,3] does not fit the first, [2,3], along axis 1"},
        {"ranks",
         [] {
           concat({zeros({2, 3}), zeros({2, 3}), zeros({2})}, 0);
         },
         "concat: input 2 of shape [2] does not fit the first, [2,3], along axis 0"},
        {"dtypes",
         [] {
           concat({zeros({2}), zeros({2}, DType::f64)}, 0);
         },
         "concat: dtypes f32 and f64 differ"},
        {"range",
         [] {
           concat({zeros({2}), zeros({2})}, 1);
         },
         "concat: axis 1 is out of range for shape [2]"},
        {"scalars",
         [] {
           concat({zeros({}), zeros({})}, 0);
         },
         "concat: axis 0 is out of range for shape []"}}});
  add_record({"stack",
              {stack_sample({2, 3}, 3, 0), stack_sample({2, 3}, 2, 1), stack_sample({2, 3}, 2, -1),
               stack_sample({}, 4, 0), stack_sample({3}, 1, -2)},
              {{"nothing", [] { stack({}, 0); }, "stack: no inputs"},
               {"shapes",
                [] {
                  stack({zeros({2, 3}), zeros({2, 1})}, 0);
                },
                "stack: input 1 of shape [2,1] is not like the first, [2,3]"},
               {"range", [] { stack({zeros({2})}, 2); }, "stack: axis 2 is out of range for 2 axes"}}});

  const std::vector<Slice> slices{{{3, 7}, 1, 1, 6, 2, 1, 3},
                                  {{3, 7}, 1, 2, 5, 1, 2, 3},
                                  {{3, 7}, 1, -3, 100, 1, 4, 3},
                                  {{3, 7}, 1, -100, -5, 1, 0, 2},
                                  {{3, 7}, 1, 5, 2, 1, 5, 0},
                                  {{3, 7}, 1, 2, 7, 100, 2, 1},
                                  {{5, 2, 3}, 0, 1, 5, 3, 1, 2},
                                  {{5, 2, 3}, 0, 1, 3, 1, 1, 2},
                                  {{2, 5, 3}, -2, 0, 5, 4, 0, 2},
                                  {{4}, 0, 0, 4, 1, 0, 4},
                                  {{30000}, 0, 5, 29001, 1, 5, 28996},
                                  {{40001, 3}, 0, 1, 40001, 7, 1, 5715},
                                  {{3, 40001}, 1, 2, 39000, 3, 2, 13000},
                                  {{9, 50, 77}, 1, 10, 45, 1, 10, 35},
                                  {{9, 77, 50}, 1, 1, 77, 5, 1, 16},
                                  {{3, 0, 4}, 0, 1, 2, 1, 1, 1}};
  add_record({"slice",
              samples_of(slices, slice_sample),
              {{"step",
                [] {
                  slice(zeros({2, 3}), 1, 0, 3, 0);
                },
                "slice: step 0 is below 1"},
               {"range",
                [] {
                  slice(zeros({2, 3}), 2, 0, 3);
                },
                "slice: axis 2 is out of range for shape [2,3]"}}});
  add_record({"slice_grad",
              samples_of(slices, slice_grad_sample),
              {{"shape",
                [] {
                  slice_grad(zeros({2, 3}), {3, 7}, 1, 0);
                },
                "slice_grad: gradient [2,3] is no slice of [3,7] along axis 1"},
               {"extent",
                [] {
                  slice_grad(zeros({3, 3}), {3, 7}, 1, 3, 2);
                },
                "slice_grad: 3 elements from 3 by step 2 exceed the extent 7"},
               {"begin",
                [] {
                  slice_grad(zeros({3, 3}), {3, 7}, 1, -1);
                },
                "slice_grad: 3 elements from -1 by step 1 exceed the extent 7"},
               {"step",
                [] {
                  slice_grad(zeros({3, 3}), {3, 7}, 1, 0, 0);
                },
                "slice_grad: step 0 is below 1"}}});

  add_record({"split",
              {split_sample({2, 7}, 1, 3), split_sample({6, 2}, 0, 2), split_sample({2, 3, 2}, -2, 5)},
              {{"size",
                [] {
                  split(zeros({2, 3}), 0, 1);
                },
                "split: size 0 is below 1"},
               {"range", [] { split(zeros({2}), 1, 1); }, "split: axis 1 is out of range for shape [2]"}}});
  add_record({"chunk",
              {chunk_sample({2, 7}, 1, 3, 3), chunk_sample({2, 5}, 1, 4, 2), chunk_sample({6, 2}, 0, 2, 3),
               chunk_sample({2, 3}, -1, 8, 1)},
              {{"count",
                [] {
                  chunk(zeros({2, 3}), 0, 1);
                },
                "chunk: 0 pieces are fewer than 1"},
               {"range", [] { chunk(zeros({2}), 2, 1); }, "chunk: axis 1 is out of range for shape [2]"}}});
});

}  // namespace
}  // namespace saddle::test
