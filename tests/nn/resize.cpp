// Modules that pool, pad and resample pass all their options on.
#include <catch2/catch.hpp>

#include "autograd/ops.h"
#include "nn/init.h"
#include "nn/modules.h"

using namespace saddle;

namespace {

Variable image(const Shape& shape) {
  const Variable x = Tensor::empty(shape);
  Generator generator(5);
  nn::init::normal_(x, generator);
  return x;
}

void check_same(const Variable& a, const Variable& b) {
  REQUIRE(a.shape() == b.shape());
  CHECK(a.value().to_vector<float>() == b.value().to_vector<float>());
}

}  // namespace

TEST_CASE("pooling modules", "[nn]") {
  const Variable x = image({2, 3, 7, 9});
  check_same((*nn::max_pool2d(2))(x), max_pool2d(x, {2, 2}));
  CHECK((*nn::max_pool2d(2))(x).shape() == Shape{2, 3, 3, 4});
  check_same(
      (*nn::max_pool2d({3, 2}, {.stride = {2, 1}, .padding = 1, .dilation = {1, 3}, .ceil_mode = true}))(x),
      max_pool2d(x, {3, 2}, {.stride = {2, 1}, .padding = {1, 1}, .dilation = {1, 3}, .ceil_mode = true}));
  check_same((*nn::avg_pool2d(2))(x), avg_pool2d(x, {2, 2}));
  check_same(
      (*nn::avg_pool2d({3, 2},
                       {.stride = {2, 1}, .padding = 1, .ceil_mode = true, .count_include_pad = false}))(x),
      avg_pool2d(x, {3, 2},
                 {.stride = {2, 1}, .padding = {1, 1}, .ceil_mode = true, .count_include_pad = false}));
  check_same((*nn::adaptive_avg_pool2d({3, 2}))(x), adaptive_avg_pool2d(x, {3, 2}));
  CHECK((*nn::adaptive_avg_pool2d(1))(x).shape() == Shape{2, 3, 1, 1});
}

TEST_CASE("padding modules", "[nn]") {
  const Variable x = image({2, 3, 5, 6});
  const Pad2d pad{.left = 1, .right = 2, .top = 3, .bottom = 4};
  check_same((*nn::zero_pad2d(pad))(x), zero_pad2d(x, pad));
  check_same((*nn::reflection_pad2d(pad))(x), reflection_pad2d(x, pad));
  check_same((*nn::replication_pad2d(pad))(x), replication_pad2d(x, pad));
}

TEST_CASE("upsample", "[nn]") {
  const Variable x = image({2, 3, 5, 6});
  check_same((*nn::upsample(2))(x), upsample_nearest2d(x, {10, 12}));
  check_same((*nn::upsample(3, Interpolation::bilinear))(x), upsample_bilinear2d(x, {15, 18}));
  check_same((*nn::upsample(3, Interpolation::bilinear, true))(x), upsample_bilinear2d(x, {15, 18}, true));
}
