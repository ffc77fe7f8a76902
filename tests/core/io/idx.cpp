#include "core/io/idx.h"

#include <zlib.h>

#include <numeric>

#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

const Bytes images = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255};

int64_t sum(const Tensor& pixels) {
  const auto* p = pixels.data<uint8_t>();
  return std::accumulate(p, p + pixels.numel(), int64_t{0});
}

}  // namespace

TEST_CASE("IDX of any rank becomes a tensor", "[core][io]") {
  const Tensor t = parse_idx(images, "a");
  CHECK(t.shape() == Shape{2, 1, 3});
  CHECK(t.to_vector<uint8_t>() == std::vector<uint8_t>{1, 2, 3, 4, 5, 255});
  CHECK(parse_idx(Bytes{0, 0, 8, 1, 0, 0, 0, 2, 9, 0}, "a").to_vector<uint8_t>() ==
        std::vector<uint8_t>{9, 0});
  CHECK(parse_idx(Bytes{0, 0, 8, 1, 0, 0, 0, 0}, "a").shape() == Shape{0});
}

TEST_CASE("IDX is read plain and gzipped, whatever its name", "[core][io]") {
  const Scratch scratch;
  const auto path = scratch.path("packed");
  const gzFile out = gzopen(path.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(gzwrite(out, images.data(), static_cast<unsigned>(images.size())) ==
          static_cast<int>(images.size()));
  REQUIRE(gzclose(out) == Z_OK);
  CHECK(read_idx(path).to_vector<uint8_t>() == parse_idx(images, "a").to_vector<uint8_t>());
  CHECK(read_idx(scratch.file("plain.gz", images)).shape() == Shape{2, 1, 3});
}

TEST_CASE("IDX that breaks the rules is refused with the offset", "[core][io]") {
  const auto refused = [](const Bytes& bytes) { parse_idx(bytes, "a-idx"); };
  CHECK_THROWS_WITH(refused({0, 0, 8}),
                    "a-idx is cut short: an IDX file begins with 4 bytes of magic, this has 3");
  CHECK_THROWS_WITH(refused({0, 1, 8, 1}), "a-idx: not an IDX file: offset 0 holds 0 1, not two zeros");
  CHECK_THROWS_WITH(refused({0, 0, 0x0d, 1}),
                    "a-idx: IDX element type 13 (f32) at offset 2: only u8 (8) is read");
  CHECK_THROWS_WITH(refused({0, 0, 7, 1}),
                    "a-idx: IDX element type 7 (unknown) at offset 2: only u8 (8) is read");
  CHECK_THROWS_WITH(refused({0, 0, 8, 0}), "a-idx: IDX rank 0 at offset 3 is not between 1 and 8");
  CHECK_THROWS_WITH(refused({0, 0, 8, 9}), "a-idx: IDX rank 9 at offset 3 is not between 1 and 8");
  CHECK_THROWS_WITH(refused({0, 0, 8, 2, 0, 0, 0, 1}),
                    "a-idx is cut short: the IDX header takes 12 bytes, this has 8");
  CHECK_THROWS_WITH(refused(Bytes(images.begin(), images.end() - 1)),
                    "a-idx is cut short: header says 6 bytes of data from offset 16 on, there are 5");
  CHECK_THROWS_WITH(refused(images + Bytes(2, 0)), "a-idx: 2 bytes too many follow the data at offset 22");
  CHECK_THROWS_WITH(refused(Bytes{0, 0, 8, 3} + Bytes(12, 0xff)), "a-idx: shape: more than 2^62 elements");
}

TEST_CASE("damaged IDX is refused in order", "[core][io]") {
  survives_damage(images, 16, "bad-idx", [](const Bytes& bytes) { parse_idx(bytes, "bad-idx"); });
}

TEST_CASE("the real MNIST and Fashion-MNIST are read", "[core][io]") {
  using Digits = std::vector<uint8_t>;
  const auto [set, split, count, pixels, first] =
      GENERATE(table<std::string, std::string, int64_t, int64_t, Digits>(
          {{"fashion-mnist", "train", 60000, 3431114169, {9, 0, 0, 3, 0}},
           {"fashion-mnist", "t10k", 10000, 573469082, {9, 2, 1, 1, 6}},
           {"mnist", "train", 60000, 1567298545, {5, 0, 4, 1, 9}},
           {"mnist", "t10k", 10000, 264923200, {7, 2, 1, 0, 4}}}));
  const auto folder = real_data(set);
  if (folder.empty()) return;
  const Tensor images_read = read_idx(folder / (split + "-images-idx3-ubyte.gz"));
  CHECK(images_read.shape() == Shape{count, 28, 28});
  CHECK(sum(images_read) == pixels);
  const Tensor labels = read_idx(folder / (split + "-labels-idx1-ubyte.gz"));
  CHECK(labels.shape() == Shape{count});
  const Digits values = labels.to_vector<uint8_t>();
  CHECK(Digits(values.begin(), values.begin() + 5) == first);
}
