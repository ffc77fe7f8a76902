// What augmentations do to images, and to gradients.
#include "gan/augment/diffaugment.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "tests/gan/moves.h"

using namespace saddle;
using namespace saddle::test;

TEST_CASE("images are moved and mirrored by whole pixels, each by its own", "[gan][stabilisers]") {
  const Tensor x = numbered(40, 2, 16);
  Generator random(1);
  RandomShift shift({.share = 0.125, .flip = true});
  const Tensor y = shift(x, random).value();
  std::set<Move> seen;
  for (int64_t n = 0; n < 40; ++n) {
    const std::vector<Move> found = moves(x, y, n, 2);
    REQUIRE(found.size() == 1);
    seen.insert(found[0]);
  }
  CHECK(seen.size() > 20);
  std::set<int64_t> downs, rights;
  for (const Move& move : seen) {
    downs.insert(move.down);
    rights.insert(move.right);
  }
  CHECK(downs == std::set<int64_t>{-2, -1, 0, 1, 2});
  CHECK(rights == downs);

  // A pixel's gradient is 1 if it is still there.
  const Variable leaf(x, true);
  const Variable moved = RandomShift({.share = 0.125})(leaf, random);
  const Tensor gradient = grad({sum(moved)}, {leaf})[0].value();
  for (int64_t n = 0; n < 40; ++n) {
    const std::vector<Move> found = moves(x, moved.value(), n, 2);
    REQUIRE(found.size() == 1);
    CHECK(!found[0].mirrored);
    for (int64_t row = 0; row < 16; ++row) {
      const bool there = row + found[0].down >= 0 && row + found[0].down < 16;
      CHECK(at(gradient, n, 0, row, 8) == (there ? 1 : 0));
    }
  }
}

TEST_CASE("DiffAugment's parts do what they say", "[gan][stabilisers]") {
  Generator random(2);
  // One grey for all pixels has neither saturation nor contrast: only its brightness changes.
  const Tensor grey =
      DiffAugment(diffaugment_policy("color"))(Tensor::full({64, 3, 4, 4}, 0.25), random).value();
  std::set<float> levels;
  for (int64_t n = 0; n < 64; ++n) {
    levels.insert(at(grey, n, 0, 0, 0));
    CHECK(std::abs(at(grey, n, 0, 0, 0) - 0.25f) <= 0.5f);
    for (int64_t c = 0; c < 3; ++c) CHECK(at(grey, n, c, 3, 2) == Approx(at(grey, n, 0, 0, 0)).margin(1e-6));
  }
  CHECK(levels.size() > 60);
  CHECK(*levels.rbegin() - *levels.begin() > 0.8f);

  // Pixels of one mean: their colours go further apart or closer by one factor each image.
  const std::vector<float> pixel = {0.6f, -0.1f, -0.5f};
  std::vector<float> values;
  for (int n = 0; n < 64; ++n) values.insert(values.end(), pixel.begin(), pixel.end());
  const Tensor colours =
      DiffAugment(diffaugment_policy("color"))(Tensor::from(values, {64, 3, 1, 1}), random).value();
  double least = 9, greatest = 0;
  for (int64_t n = 0; n < 64; ++n) {
    const float a = at(colours, n, 0, 0, 0), b = at(colours, n, 1, 0, 0), c = at(colours, n, 2, 0, 0);
    const double factor = (a - b) / 0.7;
    CHECK((b - c) / 0.4 == Approx(factor).margin(1e-5));
    least = std::min(least, factor);
    greatest = std::max(greatest, factor);
  }
  CHECK(least >= -1e-6);
  CHECK(least < 0.3);
  CHECK(greatest > 1.7);
  CHECK(greatest <= 3.0001);

  // A rectangle of up to 4x4 of 8x8 pixels is 0; all others stay.
  const Tensor x = numbered(50, 2, 8), cut = DiffAugment(diffaugment_policy("cutout"))(x, random).value();
  std::set<int64_t> areas;
  for (int64_t n = 0; n < 50; ++n) {
    int64_t area = 0, top = 8, bottom = -1, left = 8, right = -1;
    for (int64_t row = 0; row < 8; ++row)
      for (int64_t column = 0; column < 8; ++column) {
        CHECK((at(cut, n, 0, row, column) == 0) == (at(cut, n, 1, row, column) == 0));
        if (at(cut, n, 0, row, column) != 0) {
          CHECK(at(cut, n, 0, row, column) == at(x, n, 0, row, column));
          continue;
        }
        ++area;
        top = std::min(top, row), bottom = std::max(bottom, row);
        left = std::min(left, column), right = std::max(right, column);
      }
    CHECK(area == (bottom - top + 1) * (right - left + 1));
    CHECK(bottom - top < 4);
    CHECK(right - left < 4);
    areas.insert(area);
  }
  CHECK(*areas.rbegin() == 16);
  CHECK(areas.size() > 3);

  const DiffAugmentPolicy policy = diffaugment_policy("cutout,color");
  CHECK(policy.cutout);
  CHECK(policy.color);
  CHECK(!policy.translation);
  CHECK(!diffaugment_policy("none").any());
  CHECK_THROWS_WITH(diffaugment_policy("color,colour"),
                    "option 'diffaugment': 'colour' is not color, translation or cutout, of which it takes a "
                    "list, or none");
  CHECK_THROWS_AS(diffaugment_policy(""), UsageError);
}
