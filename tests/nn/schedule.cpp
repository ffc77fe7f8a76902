// Learning-rate schedules.
#include "nn/schedule.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "core/error.h"

using namespace saddle;
using Catch::Contains;

TEST_CASE("constant", "[nn][schedule]") {
  const nn::Schedule s = nn::constant_schedule(0.5);
  CHECK(s(0) == 0.5);
  CHECK(s(1'000'000) == 0.5);
}

TEST_CASE("linear decay", "[nn][schedule]") {
  const nn::Schedule s = nn::linear_schedule(1, 10, 20, 0.5);
  CHECK(s(0) == 1);
  CHECK(s(10) == 1);
  CHECK(s(11) == Approx(0.95));
  CHECK(s(15) == Approx(0.75));
  CHECK(s(20) == 0.5);
  CHECK(s(1000) == 0.5);
  CHECK(nn::linear_schedule(1, 0, 4)(3) == Approx(0.25));
}

TEST_CASE("steps", "[nn][schedule]") {
  const nn::Schedule s = nn::step_schedule(2, 3, 0.5);
  CHECK(s(0) == 2);
  CHECK(s(2) == 2);
  CHECK(s(3) == 1);
  CHECK(s(8) == 0.5);
  CHECK(s(9) == 0.25);
}

TEST_CASE("cosine with warm-up", "[nn][schedule]") {
  const nn::Schedule s = nn::cosine_schedule(1, {.steps = 14, .warmup = 4, .final_lr = 0.2});
  CHECK(s(0) == 0.25);
  CHECK(s(3) == 1);
  CHECK(s(4) == 1);
  CHECK(s(9) == Approx(0.6));
  CHECK(s(6) == Approx(0.2 + 0.8 * 0.5 * (1 + std::cos(M_PI * 0.2))));
  CHECK(s(14) == 0.2);
  CHECK(s(99) == 0.2);
}

TEST_CASE("schedules refuse what makes no sense", "[nn][schedule]") {
  CHECK_THROWS_AS(nn::constant_schedule(-1), UsageError);
  CHECK_THROWS_WITH(nn::constant_schedule(NAN),
                    "constant_schedule: learning rate nan is not finite and at least 0");
  CHECK_THROWS_WITH(nn::linear_schedule(1, 5, 5),
                    "linear_schedule: start 5 and end 5 must satisfy 0 <= start < end");
  CHECK_THROWS_WITH(nn::linear_schedule(1, 0, 5, -1), Contains("learning rate -1"));
  CHECK_THROWS_WITH(nn::step_schedule(1, 0), "step_schedule: every 0 is below 1");
  CHECK_THROWS_WITH(nn::step_schedule(1, 1, 1.5), "step_schedule: gamma 1.5 is not in (0, 1]");
  CHECK_THROWS_WITH(nn::cosine_schedule(1, {.steps = 3, .warmup = 3}),
                    "cosine_schedule: warmup 3 and steps 3 must satisfy 0 <= warmup < steps");
}
