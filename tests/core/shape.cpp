#include "core/shape.h"

#include <catch2/catch.hpp>

#include "core/error.h"

using namespace saddle;
using Catch::Contains;

TEST_CASE("shapes count elements and strides", "[core]") {
  const Shape s{2, 3, 5};
  CHECK(s.numel() == 30);
  CHECK(s.stride(0) == 15);
  CHECK(s.stride(-1) == 1);
  CHECK(s[-2] == 3);
  CHECK(s.str() == "[2,3,5]");
  CHECK(Shape{}.numel() == 1);
  CHECK(Shape{4, 0}.numel() == 0);
  CHECK_FALSE(Shape{2, 3} == Shape{2, 3, 1});
}

TEST_CASE("shapes refuse what they cannot hold", "[core]") {
  CHECK_THROWS_WITH((Shape{2, -1}), Contains("extent -1 is negative"));
  CHECK_THROWS_WITH((Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("rank 9"));
  CHECK_THROWS_WITH((Shape{int64_t{1} << 40, int64_t{1} << 40}), Contains("2^62"));
  CHECK_THROWS_WITH((Shape{2, 3}[2]), Contains("axis 2 is out of range for shape [2,3]"));
}

TEST_CASE("shapes broadcast by NumPy's rules", "[core]") {
  CHECK(broadcast_shape("op", {2, 1, 3}, {4, 1}) == Shape{2, 4, 3});
  CHECK(broadcast_shape("op", {}, {7}) == Shape{7});
  CHECK(broadcast_shape("op", {0, 3}, {1, 3}) == Shape{0, 3});
  CHECK_THROWS_WITH(broadcast_shape("op", {2, 3}, {3, 3}),
                    Contains("op: shapes [2,3] and [3,3] do not broadcast: axis 0 has extents 2 and 3"));
}
