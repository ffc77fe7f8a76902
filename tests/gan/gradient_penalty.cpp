// The gradient penalty: its value against the critic's slope, its gradient against central differences.
#include "gan/penalties/penalty.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/grad.h"
#include "autograd/gradcheck.h"
#include "autograd/ops.h"

using namespace saddle;

namespace {

Variable draw(const Shape& shape, uint64_t seed, bool requires_grad = false) {
  Generator random(seed);
  return Variable(random_normal(shape, random, {.dtype = DType::f64}), requires_grad);
}

const Shape images{3, 2, 5, 4};

/// Of the critic, always at the same points between the same images.
Variable penalty_of(const Critic& critic) {
  Generator random(11);
  return gradient_penalty(critic, draw(images, 1), draw(images, 2), random);
}

/// Strided convolution, leaky ReLU, convolution to one output; w: two weights and the bias between.
Variable convolutional(const Variables& w, const Variable& x) {
  const Variable h = leaky_relu(conv2d(x, w[0], w[1], {.stride = {2, 2}, .padding = {1, 1}}), 0.2);
  return reshape(conv2d(h, w[2]), {x.size(0)});
}
Variables weights() {
  return {draw({3, 2, 3, 3}, 3, true), draw({3}, 4, true), draw({1, 3, 3, 2}, 5, true)};
}

}  // namespace

TEST_CASE("the penalty of a linear critic is that of its weights' length", "[gan][penalties]") {
  const Variable w = draw({2, 5, 4}, 3, true);
  const Variable value = penalty_of([&](const Variable& x) { return sum(x * w, {1, 2, 3}); });
  const double length = std::sqrt(sum(square(w)).item());
  CHECK(value.item() == Approx((length - 1) * (length - 1)));
  backward(value);
  const Variable expected = w.detach() * (2 * (length - 1) / length);
  CHECK(amax(abs(w.grad() - expected)).item() < 1e-12);
}

TEST_CASE("the penalty takes the slope at a point between a real and a fake image", "[gan][penalties]") {
  const Variables w = weights();
  Variable x;
  const Variable value = penalty_of([&](const Variable& points) {
    x = points;
    return convolutional(w, points);
  });

  // x = fake + t (real - fake), with a t of each sample's own.
  const Variable real = draw(images, 1), fake = draw(images, 2);
  const Variable t = (x.detach() - fake) / (real - fake);
  const Variable low = amin(t, {1, 2, 3}), high = amax(t, {1, 2, 3});
  CHECK(amax(high - low).item() < 1e-9);
  CHECK(amin(t).item() >= 0);
  CHECK(amax(t).item() < 1);
  CHECK(var(high).item() > 1e-4);

  const NoGrad no_grad;
  const std::vector<double> at = x.value().to_vector<double>();
  const int64_t n = images[0], each = images.numel() / n;
  double expected = 0;
  for (int64_t sample = 0; sample < n; ++sample) {
    double squares = 0;
    for (int64_t i = 0; i < each; ++i) {
      constexpr double step = 1e-6;
      const auto moved = [&](double by) {
        std::vector<double> values = at;
        values[static_cast<size_t>(sample * each + i)] += by;
        return sum(convolutional(w, Tensor::from(values, images))).item();
      };
      squares += std::pow((moved(step) - moved(-step)) / (2 * step), 2);
    }
    expected += std::pow(std::sqrt(squares) - 1, 2) / static_cast<double>(n);
  }
  CHECK(value.item() == Approx(expected).epsilon(1e-7));
}

TEST_CASE("a one-sided penalty costs steep slopes alone", "[gan][penalties]") {
  for (const double length : {0.5, 3.0}) {
    const Variable w = Tensor::full({2, 5, 4}, length / std::sqrt(40.0), DType::f64);
    const auto critic = [&](const Variable& x) { return sum(x * w, {1, 2, 3}); };
    Generator random(1);
    const Variable value =
        gradient_penalty(critic, draw(images, 1), draw(images, 2), random, {.one_sided = true});
    CHECK(value.item() == Approx(length > 1 ? 4 : 0).margin(1e-12));
  }
}

TEST_CASE("DRAGAN takes the slope near real images", "[gan][penalties]") {
  const Variables w = weights();
  Variable x;
  const auto critic = [&](const Variable& points) {
    x = points;
    return convolutional(w, points);
  };
  const Variable real = draw(images, 1);
  Generator random(11);
  const Variable value = dragan_penalty(critic, real, random);

  // x = real + s t u / 2, t of each sample and u of each pixel in [0, 1).
  const NoGrad no_grad;
  const Variable noise = (x.detach() - real) / (0.5 * std::sqrt(var(real, {}, 0).item()));
  CHECK(amin(noise).item() >= 0);
  CHECK(amax(noise).item() < 1);
  CHECK(var(noise).item() > 1e-3);
  CHECK(var(amax(noise, {1, 2, 3})).item() > 1e-3);

  Generator again(11);
  const GradMode grads(true);
  gradcheck(
      [&](const Variables& v) {
        Generator same(11);
        return Variables{
            dragan_penalty([&](const Variable& points) { return convolutional(v, points); }, real, same)};
      },
      weights());
  // As the penalty between two equal images, which lies at those points.
  const Variable points = x.detach();
  CHECK(gradient_penalty([&](const Variable& p) { return convolutional(w, p); }, points, points, again)
            .item() == Approx(value.item()));
}

TEST_CASE("a zero-centred penalty is half the squared slope at the images", "[gan][penalties]") {
  const Variable w = draw({2, 5, 4}, 3, true), x(draw(images, 1).value(), true);
  // Of sum w x^2 / 2 the slope is w x.
  const Variable value = zero_centred_penalty(x, sum(square(x) * w, {1, 2, 3}) * 0.5);
  CHECK(value.item() == Approx(sum(square(w.detach() * x.detach())).item() / 6));
  gradcheck(
      [&](const Variables& v) {
        const Variable leaf(draw(images, 1).value(), true);
        return Variables{zero_centred_penalty(leaf, convolutional(v, leaf))};
      },
      weights());
}

TEST_CASE("penalties by name", "[gan][penalties]") {
  CHECK(penalties() == std::vector<std::string>{"wgan-gp", "dragan", "r1", "r2"});
  for (const std::string& name : penalties()) CHECK(penalty(name).weight == 10);
  CHECK_THROWS_WITH(penalty("r3"), "there is no penalty 'r3'");
  CHECK_THROWS_WITH(penalty("r1", {.one_sided = true}),
                    "penalty r1: slopes of 0 are its aim, so it has one side already");
}

TEST_CASE("the penalty's gradient by the critic's weights", "[gan][penalties]") {
  gradcheck(
      [](const Variables& w) {
        return Variables{penalty_of([&](const Variable& x) { return convolutional(w, x); })};
      },
      weights());
  gradcheck(
      [](const Variables& w) {
        return Variables{penalty_of([&](const Variable& x) {
          const Variable h = instance_norm(conv2d(x, w[0], w[1], {.padding = {1, 1}}));
          return reshape(conv2d(tanh(h), w[2]), {x.size(0)});
        })};
      },
      {draw({3, 2, 3, 3}, 3, true), draw({3}, 4, true), draw({1, 3, 5, 4}, 5, true)});
}

TEST_CASE("a critic that is flat somewhere does not ruin the weights", "[gan][penalties]") {
  const Variable w(Tensor::zeros({2, 5, 4}, DType::f64), true);
  const Variable value = penalty_of([&](const Variable& x) { return sum(x * w, {1, 2, 3}); });
  CHECK(value.item() == Approx(1));
  backward(value);
  CHECK(amax(abs(w.grad())).item() == 0);
}

TEST_CASE("the penalty wants gradients of the critic's weights alone", "[gan][penalties]") {
  const Variables w = weights();
  const Variable real = draw(images, 1, true), fake = draw(images, 2, true);
  Generator random(1);
  const auto critic = [&](const Variable& x) { return convolutional(w, x); };
  backward(gradient_penalty(critic, real, fake, random));
  CHECK_FALSE(real.grad().defined());
  CHECK_FALSE(fake.grad().defined());
  CHECK(w[0].grad().defined());
  CHECK_THROWS_WITH(gradient_penalty(critic, real, draw({3, 2, 4, 4}, 2), random),
                    "gradient_penalty: real images are f64[3,2,5,4], fake ones f64[3,2,4,4]");
}
