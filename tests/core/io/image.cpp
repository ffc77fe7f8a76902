#include "core/io/image.h"

#include <zlib.h>

#include <array>
#include <cstdlib>

#include "core/io/file.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

const Bytes signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

void append_be(Bytes& out, uint32_t value) {
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<uint8_t>(value >> shift));
}

Bytes chunk(const std::string& type, const Bytes& data) {
  const Bytes body = bytes_of(type) + data;
  Bytes out;
  append_be(out, static_cast<uint32_t>(data.size()));
  out = out + body;
  append_be(out, static_cast<uint32_t>(crc32(0, body.data(), static_cast<uInt>(body.size()))));
  return out;
}

/// A PNG of these scan lines, each with its filter byte; `extra` chunks go before them.
Bytes png(uint32_t width, uint32_t height, uint8_t depth, uint8_t color, const Bytes& lines,
          const Bytes& extra = {}) {
  Bytes header;
  append_be(header, width);
  append_be(header, height);
  header = header + Bytes{depth, color, 0, 0, 0};
  Bytes packed(compressBound(lines.size()));
  uLongf size = packed.size();
  REQUIRE(compress(packed.data(), &size, lines.data(), lines.size()) == Z_OK);
  packed.resize(size);
  return signature + chunk("IHDR", header) + extra + chunk("IDAT", packed) + chunk("IEND", {});
}

std::vector<uint8_t> pixels_of(const Bytes& file) {
  return decode_image(file, "a").pixels.to_vector<uint8_t>();
}

/// A smooth picture, kind to JPEG.
Tensor gradient(int64_t height, int64_t width, int64_t channels) {
  Bytes values;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c) values.push_back(static_cast<uint8_t>(3 * x + 2 * y + 40 * c));
  return Tensor::from(values, {height, width, channels});
}

/// The sum of each channel.
std::vector<int64_t> sums(const Image& image) {
  std::vector<int64_t> result(static_cast<size_t>(image.channels()));
  const auto values = image.pixels.to_vector<uint8_t>();
  for (size_t i = 0; i < values.size(); ++i) result[i % result.size()] += values[i];
  return result;
}

}  // namespace

TEST_CASE("PNG of every kind is decoded", "[core][io]") {
  SECTION("grey, one bit") {
    CHECK(pixels_of(png(3, 1, 1, 0, {0, 0b10100000})) == Bytes{255, 0, 255});
  }
  SECTION("grey, 16 bits") {
    CHECK(pixels_of(png(2, 1, 16, 0, {0, 0x12, 0x34, 0xff, 0})) == Bytes{0x12, 0xff});
  }
  SECTION("grey with a transparent value") {
    const Bytes file = png(2, 1, 8, 0, {0, 7, 8}, chunk("tRNS", {0, 8}));
    CHECK(decode_image(file, "a").pixels.shape() == Shape{1, 2, 2});
    CHECK(pixels_of(file) == Bytes{7, 255, 8, 0});
  }
  SECTION("RGB") {
    CHECK(pixels_of(png(1, 2, 8, 2, {0, 1, 2, 3, 0, 4, 5, 6})) == Bytes{1, 2, 3, 4, 5, 6});
  }
  SECTION("palette") {
    const Bytes file = png(4, 1, 2, 3, {0, 0b00011000}, chunk("PLTE", {1, 2, 3, 4, 5, 6, 7, 8, 9}));
    CHECK(pixels_of(file) == Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3});
  }
  SECTION("palette with transparency") {
    const Bytes file = png(2, 1, 8, 3, {0, 1, 0}, chunk("PLTE", {1, 2, 3, 4, 5, 6}) + chunk("tRNS", {99}));
    CHECK(pixels_of(file) == Bytes{4, 5, 6, 255, 1, 2, 3, 99});
  }
  SECTION("RGBA") {
    const Image image = decode_image(png(1, 1, 8, 6, {0, 1, 2, 3, 4}), "a");
    CHECK(image.channels() == 4);
    CHECK(image.pixels.to_vector<uint8_t>() == Bytes{1, 2, 3, 4});
  }
}

TEST_CASE("PNG comes back as it was written", "[core][io]") {
  const Scratch scratch;
  const auto channels = GENERATE(1, 2, 3, 4);
  const Tensor pixels = gradient(9, 14, channels);
  write_png(scratch.path("a.png"), pixels);
  const Image image = read_image(scratch.path("a.png"));
  CHECK(image.height() == 9);
  CHECK(image.width() == 14);
  CHECK(image.channels() == channels);
  CHECK(image.pixels.to_vector<uint8_t>() == pixels.to_vector<uint8_t>());
  const Bytes bytes = read_file(scratch.path("a.png"));
  write_png(scratch.path("a.png"), pixels);
  CHECK(read_file(scratch.path("a.png")) == bytes);
}

TEST_CASE("JPEG comes back nearly as it was written", "[core][io]") {
  const Scratch scratch;
  const auto channels = GENERATE(1, 3);
  const Tensor pixels = gradient(20, 33, channels);
  write_jpeg(scratch.path("a.jpg"), pixels);
  const Image image = read_image(scratch.path("a.jpg"));
  CHECK(image.height() == 20);
  CHECK(image.width() == 33);
  REQUIRE(image.channels() == 3);  // the writer makes grey of three equal channels
  const auto want = pixels.to_vector<uint8_t>(), got = image.pixels.to_vector<uint8_t>();
  int worst = 0;
  for (size_t i = 0; i < got.size(); ++i)
    worst = std::max(worst, std::abs(got[i] - want[channels == 3 ? i : i / 3]));
  CHECK(worst <= 8);
}

TEST_CASE("BMP is decoded, bottom row first in the file", "[core][io]") {
  const Bytes bmp = Bytes{'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0,  40,
                          0,   0,   0,  2, 0, 0, 0, 2, 0, 0, 0,  1, 0, 24, 0} +
                    Bytes(24, 0) + Bytes{3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0};
  CHECK(pixels_of(bmp) == Bytes{7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6});
  CHECK_THROWS_WITH(
      decode_image(Bytes(bmp.begin(), bmp.end() - 1), "a.bmp"),
      "a.bmp is cut short: the BMP header says 2 rows of 8 bytes from offset 54 on, file has 69");
  CHECK_THROWS_WITH(decode_image(Bytes(bmp.begin(), bmp.begin() + 33), "a.bmp"),
                    Contains("a.bmp is cut short"));
}

TEST_CASE("images are known by their names", "[core][io]") {
  for (const char* name : {"a.png", "b/a.PNG", "a.jpg", "a.JPEG", "a.b.bmp"}) CHECK(is_image_file(name));
  for (const char* name : {"a.gif", "png", ".png", "a.png.txt", "a", ""}) CHECK_FALSE(is_image_file(name));
}

TEST_CASE("what is not a whole image is refused with the reason", "[core][io]") {
  const Bytes good = png(2, 1, 8, 0, {0, 7, 8});
  const auto refused = [](const Bytes& bytes) { decode_image(bytes, "a.png"); };
  CHECK_THROWS_WITH(refused(bytes_of("saddle")), "a.png: not a PNG, JPEG or BMP image");
  CHECK_THROWS_WITH(refused({}), "a.png: not a PNG, JPEG or BMP image");
  CHECK_THROWS_WITH(refused(Bytes(good.begin(), good.end() - 1)),
                    "a.png is cut short: no PNG chunk fits at offset " + std::to_string(good.size() - 12));
  CHECK_THROWS_WITH(refused(Bytes(good.begin(), good.begin() + 30)),
                    "a.png is cut short: the PNG chunk at offset 8 says 13 bytes, 10 are left");
  Bytes damaged = good;
  damaged[45] ^= 1;
  CHECK_THROWS_WITH(refused(damaged),
                    "a.png: the PNG chunk at offset 33 is damaged: its checksum does not match");
  CHECK_THROWS_WITH(refused(png(2, 1, 8, 0, {0})), "a.png: cannot be decoded: Corrupt PNG");
  CHECK_THROWS_WITH(refused(png(70000, 1, 8, 0, {0})),
                    "a.png: cannot be decoded: Very large image (corrupt?)");
  CHECK_THROWS_WITH(refused(png(20000, 10000, 8, 0, {0})),
                    "a.png: 20000x10000 pixels are above the limit of 134217728");
  const Scratch scratch;
  const auto path = scratch.file("bad.jpg", bytes_of("saddle"));
  CHECK_THROWS_WITH(read_image(path), path.string() + ": not a PNG, JPEG or BMP image");
  CHECK_THROWS_WITH(read_image(scratch.path("none.png")), Contains("none.png: cannot be opened"));
}

TEST_CASE("JPEG tables are checked before the decoder fills them", "[core][io]") {
  const auto refused = [](const Bytes& bytes) { decode_image(bytes, "a.jpg"); };
  const auto tables = [](const Bytes& segment) {
    return Bytes{0xff, 0xd8, 0xff, 0xc4, 0, static_cast<uint8_t>(segment.size() + 2)} + segment +
           Bytes{0xff, 0xd9};
  };
  const std::string message = "a.jpg: the JPEG's Huffman tables at offset 4 are damaged";
  CHECK_THROWS_WITH(refused(tables(Bytes(16, 0))), message);
  CHECK_THROWS_WITH(refused(tables(Bytes(17, 1))), message);
  CHECK_THROWS_WITH(refused(Bytes{0xff, 0xd8, 0xff, 0xc4, 0x10, 2} + Bytes(17, 255) + Bytes(0x1000 - 17, 0)),
                    message);
  CHECK_THROWS_WITH(refused(tables(Bytes(17, 0))), Contains("a.jpg: cannot be decoded: "));
  CHECK_THROWS_WITH(refused({0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0}),
                    "a.jpg is cut short: JPEG data ends at offset 7 without an end-of-image marker");
}

TEST_CASE("what is not pixels is not written", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("a");
  CHECK_THROWS_WITH(write_png(path, Tensor::zeros({2, 2, 3})),
                    "write_png: needs u8 pixels [H,W,C] with C from 1 to 4, got f32[2,2,3]");
  CHECK_THROWS_WITH(write_png(path, Tensor::zeros({2, 2, 5}, DType::u8)), Contains("got u8[2,2,5]"));
  CHECK_THROWS_WITH(write_jpeg(path, Tensor::zeros({2, 2}, DType::u8)),
                    Contains("write_jpeg: needs u8 pixels"));
  CHECK_THROWS_WITH(write_png(path, Tensor::zeros({0, 2, 3}, DType::u8)), Contains("is empty or too large"));
  CHECK_THROWS_WITH(write_png(path, Tensor::zeros({1, 65536, 1}, DType::u8)),
                    Contains("is empty or too large"));
  CHECK_THROWS_WITH(write_jpeg(path, gradient(2, 2, 3), 101),
                    Contains("quality 101 is not between 1 and 100"));
  CHECK(scratch.count() == 0);
}

TEST_CASE("damaged images are refused in order", "[core][io]") {
  const Bytes palette = png(4, 1, 2, 3, {0, 0b00011000}, chunk("PLTE", {1, 2, 3, 4, 5, 6, 7, 8, 9}));
  survives_damage(palette, palette.size(), "bad.png",
                  [](const Bytes& bytes) { decode_image(bytes, "bad.png"); });

  const Scratch scratch;
  write_jpeg(scratch.path("good"), gradient(16, 16, 3));
  const Bytes jpeg = read_file(scratch.path("good"));
  survives_damage(jpeg, jpeg.size(), "bad.jpg", [](const Bytes& bytes) { decode_image(bytes, "bad.jpg"); });
}

TEST_CASE("real images are decoded", "[core][io]") {
  const auto root = real_data("");
  if (root.empty()) return;
  const auto [file, shape, sum] = GENERATE(table<std::string, Shape, std::vector<int64_t>>({
      // grey with a transparent value
      {"dcss-tiles/mon/vault/draconian_monk_ghost.png", {32, 32, 2}, {59237, 172380}},
      // palette with transparency
      {"dcss-tiles/mon/big_kobold.png", {32, 32, 4}, {50323, 33800, 32080, 145860}},
      // interlaced
      {"emoji/twemoji/1f34b-200d-1f7e9.png", {72, 72, 4}, {312315, 456620, 232559, 629626}},
  }));
  const Image image = read_image(root / file);
  INFO(file);
  CHECK(image.pixels.shape() == shape);
  CHECK(sums(image) == sum);
  const Image facade = read_image(root / "facades/train/1.jpg");
  CHECK(facade.pixels.shape() == Shape{256, 512, 3});
  // As libjpeg decodes it, but for rounding.
  const std::vector<int64_t> expected = {9441809, 11707194, 20176432};
  for (size_t c = 0; c < 3; ++c)
    CHECK(std::abs(sums(facade)[c] - expected[c]) < facade.height() * facade.width());
}
