// Records of the ops that move elements, all of them.
#include "tests/ops/moving.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

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

Sample permute_sample(const Shape& from, const std::vector<int>& axes, bool gradient = true,
                      DType dtype = DType::f32) {
  Shape to;
  for (const int axis : axes) to.push_back(from[axis]);
  Sample s = move_sample(concat(from, " ", nlohmann::json(axes).dump()), from, to, dtype, gradient);
  s.run = [axes](const Variables& v) { return permute(v[0], axes); };
  s.reference = [axes, to](const std::vector<Array>& x) {
    return gathered(x[0], to, [&](const Index& i) {
      Index own(i.size());
      for (size_t d = 0; d < i.size(); ++d) own[static_cast<size_t>(x[0].shape.axis(axes[d]))] = i[d];
      return own;
    });
  };
  s.options = {{"dims", axes}};
  return s;
}

Sample transpose_sample(const Shape& from, int axis0, int axis1) {
  std::vector<int> axes;
  for (int i = 0; i < from.rank(); ++i) axes.push_back(i);
  std::swap(axes[static_cast<size_t>(from.axis(axis0))], axes[static_cast<size_t>(from.axis(axis1))]);
  Sample s = permute_sample(from, axes);
  s.name = concat(from, " ", axis0, " ", axis1);
  s.run = [=](const Variables& v) { return transpose(v[0], axis0, axis1); };
  s.options = {{"dim0", axis0}, {"dim1", axis1}};
  return s;
}

Sample flip_sample(const Shape& shape, int axis, bool gradient = true, DType dtype = DType::f32) {
  Sample s = move_sample(concat(shape, " axis ", axis), shape, shape, dtype, gradient);
  s.run = [axis](const Variables& v) { return flip(v[0], axis); };
  s.reference = [axis](const std::vector<Array>& x) {
    const auto a = static_cast<size_t>(x[0].shape.axis(axis));
    return gathered(x[0], x[0].shape, [&](Index i) {
      i[a] = x[0].shape[axis] - 1 - i[a];
      return i;
    });
  };
  s.options = {{"dims", {axis}}};
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

  add_record({"permute",
              {permute_sample({2, 3, 4}, {1, 0, 2}),
               permute_sample({2, 3, 4}, {2, 0, 1}),
               permute_sample({3, 5}, {1, 0}),
               permute_sample({2, 3, 4}, {-1, -2, -3}),
               permute_sample({2, 3}, {0, 1}),
               permute_sample({2, 1, 3}, {1, 0, 2}),
               permute_sample({2, 1, 2, 3}, {0, 2, 3, 1}),
               permute_sample({2, 2, 1, 2, 2}, {3, 1, 2, 0, 4}),
               permute_sample({1}, {0}),
               permute_sample({}, {}),
               permute_sample({7, 3, 33, 17}, {0, 2, 3, 1}, false),
               permute_sample({5, 33, 17, 3}, {0, 3, 1, 2}, false),
               permute_sample({3, 65, 5, 129}, {3, 2, 1, 0}, false),
               permute_sample({257, 130}, {1, 0}, false),
               permute_sample({2, 20000}, {1, 0}, false),
               permute_sample({20000, 1, 3}, {2, 1, 0}, false),
               permute_sample({11, 40, 7, 13}, {1, 0, 2, 3}, false),
               permute_sample({4, 0, 3}, {2, 1, 0}, false),
               permute_sample({35, 67}, {1, 0}, false, DType::u8),
               permute_sample({65, 129}, {1, 0}, false, DType::u8),
               permute_sample({129, 63}, {1, 0}, false, DType::bf16),
               permute_sample({35, 67}, {1, 0}, false, DType::i64),
               permute_sample({35, 6, 7}, {1, 0, 2}, false, DType::i64)},
              {{"count",
                [] {
                  permute(zeros({2, 3, 4}), {1, 0});
                },
                "permute: 2 axes for shape [2,3,4]"},
               {"twice",
                [] {
                  permute(zeros({2, 3, 4}), {1, 0, -2});
                },
                "permute: axis -2 is given twice"},
               {"range",
                [] {
                  permute(zeros({2, 3}), {0, 2});
                },
                "permute: axis 2 is out of range for shape [2,3]"}}});
  add_record({"transpose",
              {transpose_sample({2, 3, 4}, 1, 2), transpose_sample({2, 3, 4}, 0, -1),
               transpose_sample({2, 3}, -1, -2), transpose_sample({2, 3}, 1, 1)},
              {{"range",
                [] {
                  transpose(zeros({2, 3}), 0, 2);
                },
                "transpose: axis 2 is out of range for shape [2,3]"}}});
  add_record({"flip",
              {flip_sample({2, 3, 4}, 2), flip_sample({2, 3, 4}, 0), flip_sample({2, 3, 4}, -2),
               flip_sample({1, 3}, 0), flip_sample({5, 7001}, 1, false), flip_sample({300, 170}, 0, false),
               flip_sample({0, 3}, 0, false), flip_sample({3, 31}, 1, false, DType::u8)},
              {{"range", [] { flip(zeros({2}), 1); }, "flip: axis 1 is out of range for shape [2]"}}});
});

}  // namespace
}  // namespace saddle::test
