#include "gan/data/transform.h"

#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <vector>

#include "gan/data/grid.h"

using namespace saddle;

namespace {

using Floats = std::vector<float>;

Tensor pixels(const std::vector<uint8_t>& values, const Shape& shape) {
  return Tensor::from(values, shape);
}

/// Five rows of six.
Tensor pattern() {
  std::vector<uint8_t> values;
  for (int y = 0; y < 5; ++y)
    for (int x = 0; x < 6; ++x) values.push_back(static_cast<uint8_t>((37 * x + 91 * y + 13 * x * y) % 256));
  return pixels(values, {5, 6, 1});
}

void check_near(const Tensor& actual, const Floats& expected, double margin) {
  const Floats values = actual.to_vector<float>();
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == Approx(expected[i]).margin(margin));
  }
}

/// What a value from 0 to 255 becomes.
float scaled(double value) {
  return static_cast<float>(value / 127.5 - 1);
}

}  // namespace

TEST_CASE("resize gives the values of PIL's BILINEAR along a row", "[data]") {
  const Tensor row = pixels({10, 200, 30, 40, 255, 60, 7}, {1, 7, 1});
  const auto [size, expected] = GENERATE(table<int64_t, Floats>({
      {2, {94.5349f, 93.4419f}},
      {3, {95.7143f, 98.8235f, 82.8571f}},
      {5, {73.3333f, 105.5556f, 77.2727f, 168.3333f, 24.6667f}},
      {7, {10, 200, 30, 40, 255, 60, 7}},
      {10, {10, 114.5f, 157.5f, 38.5f, 36.5f, 115.25f, 245.25f, 108.75f, 36.15f, 7}},
  }));
  const Tensor wide = resize(row, 1, size), tall = resize(row.reshape({7, 1, 1}), size, 1);
  CHECK(wide.shape() == Shape{1, size, 1});
  CHECK(tall.shape() == Shape{size, 1, 1});
  check_near(wide, expected, 1e-3);
  check_near(tall, expected, 1e-3);
}

TEST_CASE("resize gives the values of PIL's BILINEAR on both axes", "[data]") {
  check_near(resize(pattern(), 3, 4),
             {54.9643f, 114.6825f, 139.6032f, 126.1786f, 148.7361f, 142.2963f, 147.963f, 160.4861f, 100.2857f,
              119.7937f, 154.9682f, 107.4286f},
             1e-3);
  // Fewer rows, more columns.
  check_near(
      resize(pattern(), 2, 9),
      {79.3636f, 104.3636f, 128, 122.5455f, 146.1818f, 160.1212f, 115.8788f, 129.8182f, 154.8182f, 86.8182f,
       124.8182f, 152.2121f, 109.7879f, 137.1818f, 168.4545f, 141.5455f, 132.0909f, 129.3636f},
      1e-3);
  check_near(resize(pattern(), 1, 1), {132.155f}, 1e-3);
}

TEST_CASE("resize treats channels alike and apart", "[data]") {
  const Tensor plane = pattern();
  std::vector<uint8_t> both;
  for (const uint8_t v : plane.to_vector<uint8_t>())
    both.insert(both.end(), {v, static_cast<uint8_t>(255 - v)});
  const Floats one = resize(plane, 7, 8).to_vector<float>();
  const Floats two = resize(pixels(both, {5, 6, 2}), 7, 8).to_vector<float>();
  REQUIRE(two.size() == 2 * one.size());
  for (size_t i = 0; i < one.size(); ++i) {
    CHECK(two[2 * i] == one[i]);
    CHECK(two[2 * i + 1] == Approx(255 - one[i]).margin(1e-3));
  }
}

TEST_CASE("every byte survives scaling to [-1, 1] and back", "[data]") {
  std::vector<uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  const Tensor image = transform(pixels(bytes, {16, 16, 1}), {.size = 16, .channels = 1});
  CHECK(image.shape() == Shape{1, 16, 16});
  CHECK(image.to_vector<float>().front() == -1);
  CHECK(image.to_vector<float>().back() == 1);
  CHECK(to_pixels(image.reshape({1, 1, 16, 16})).to_vector<uint8_t>() == bytes);
}

TEST_CASE("a plain image of any extent stays plain and in range", "[data]") {
  const auto [height, width] =
      GENERATE(table<int64_t, int64_t>({{1, 1}, {1, 3}, {2, 3000}, {65535, 1}, {97, 31}, {640, 480}}));
  const auto level = static_cast<uint8_t>(GENERATE(0, 201, 255));
  const Tensor image =
      transform(Tensor::full({height, width, 3}, level, DType::u8), {.size = 24, .channels = 3});
  CHECK(image.shape() == Shape{3, 24, 24});
  for (const float v : image.to_vector<float>()) {
    REQUIRE(v == Approx(scaled(level)).margin(1e-5));
    REQUIRE(std::abs(v) <= 1);
  }
}

TEST_CASE("transparency is composited, colour and grey are converted", "[data]") {
  const std::vector<uint8_t> rgba = {100, 150, 200, 51};  // one fifth opaque
  const double a = 0.2;
  const TransformOptions colour{.size = 1, .channels = 3}, grey{.size = 1, .channels = 1};
  const double r = 100 * a + 255 * (1 - a), g = 150 * a + 255 * (1 - a), b = 200 * a + 255 * (1 - a);
  check_near(transform(pixels(rgba, {1, 1, 4}), colour), {scaled(r), scaled(g), scaled(b)}, 1e-6);
  check_near(transform(pixels(rgba, {1, 1, 4}), grey), {scaled(0.299 * r + 0.587 * g + 0.114 * b)}, 1e-6);
  check_near(transform(pixels(rgba, {1, 1, 4}), {.size = 1, .channels = 3, .background = 0}),
             {scaled(20), scaled(30), scaled(40)}, 1e-6);
  check_near(transform(pixels({7, 255, 60, 200, 90, 0}, {1, 3, 2}), {.size = 1, .channels = 3}),
             {scaled(60 * 200 / 255.0 + 55), scaled(60 * 200 / 255.0 + 55), scaled(60 * 200 / 255.0 + 55)},
             1e-6);
  check_near(transform(pixels({60}, {1, 1, 1}), colour), {scaled(60), scaled(60), scaled(60)}, 0);
  check_near(transform(pixels({255, 0, 0}, {1, 1, 3}), grey), {scaled(0.299 * 255)}, 1e-6);
  check_near(transform(pixels({80, 80, 80}, {1, 1, 3}), grey), {scaled(80)}, 1e-6);
}

TEST_CASE("the centre square is kept, and mirrored on request", "[data]") {
  const Tensor wide = pixels({0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, {2, 5, 1});
  const TransformOptions to{.size = 2, .channels = 1};
  check_near(transform(wide, to), {scaled(1), scaled(2), scaled(11), scaled(12)}, 0);
  check_near(transform(wide, to, true), {scaled(2), scaled(1), scaled(12), scaled(11)}, 0);
  check_near(transform(wide.reshape({5, 2, 1}), to), {scaled(2), scaled(3), scaled(4), scaled(10)}, 0);
}

TEST_CASE("transform and resize refuse what are not pixels", "[data]") {
  CHECK_THROWS_WITH(transform(Tensor::zeros({4, 4, 5}, DType::u8), {}),
                    "transform: needs u8 pixels [H,W,C] with C from 1 to 4 on the CPU, got u8[4,4,5]");
  CHECK_THROWS_AS(transform(Tensor::zeros({4, 4, 3}), {}), ShapeError);
  CHECK_THROWS_AS(transform(Tensor::zeros({0, 4, 3}, DType::u8), {}), ShapeError);
  CHECK_THROWS_WITH(transform(pattern(), {.size = 8, .channels = 2}), "transform: to size 8 with 2 channels");
  CHECK_THROWS_WITH(resize(pattern(), 0, 4), "resize: to 0x4 pixels");
}

TEST_CASE("to_pixels rounds to nearest, clamps, and turns planes into pixels", "[data]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const Floats values = {-1,        1,           0,           -1.5f,         7,   nan, infinity,
                         -infinity, scaled(9.4), scaled(9.6), scaled(254.6), 0.1f};
  const Tensor image = Tensor::from(values, {2, 3, 1, 2});
  const Tensor result = to_pixels(image);
  CHECK(result.shape() == Shape{2, 1, 2, 3});
  CHECK(result.to_vector<uint8_t>() == std::vector<uint8_t>{0, 128, 255, 255, 0, 0, 255, 9, 255, 0, 10, 140});
  CHECK_THROWS_WITH(to_pixels(Tensor::zeros({3, 8, 8})),
                    "to_pixels: needs f32 images [N,C,H,W], got f32[3,8,8]");
}

TEST_CASE("image_grid places images in reading order on white", "[data]") {
  Floats values;
  for (int i = 0; i < 3; ++i) values.insert(values.end(), {scaled(10 * i), scaled(10 * i + 1)});
  const Tensor images = Tensor::from(values, {3, 1, 1, 2});
  const Tensor grid = image_grid(images, 2, 1);
  CHECK(grid.shape() == Shape{3, 5, 1});
  CHECK(grid.to_vector<uint8_t>() ==
        std::vector<uint8_t>{0, 1, 255, 10, 11, 255, 255, 255, 255, 255, 20, 21, 255, 255, 255});
  CHECK(image_grid(images, 8, 0).to_vector<uint8_t>() == std::vector<uint8_t>{0, 1, 10, 11, 20, 21});
  CHECK(image_grid(images, 2).shape() == Shape{4, 6, 1});
  CHECK(image_grid(Tensor::zeros({64, 3, 32, 32}), 8).shape() == Shape{270, 270, 3});
  CHECK_THROWS_WITH(image_grid(images, 0), "image_grid: [3,1,1,2] in 0 columns with a gap of 2");
  CHECK_THROWS_AS(image_grid(images, 2, -1), ShapeError);
  CHECK_THROWS_AS(image_grid(Tensor::zeros({0, 3, 4, 4}), 2), ShapeError);
}
