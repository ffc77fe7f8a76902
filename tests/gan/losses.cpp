// Adversarial losses: values against their formulas written out, and who is refused what.
#include "gan/losses/adversarial.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"

using namespace saddle;
using Catch::Contains;

namespace {

const std::vector<double> real = {-3, 0.5, 40, 1}, fake = {-40, 0.25, 2, -1};

Variable column(const std::vector<double>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

template <class F>
double mean_over(const std::vector<double>& outputs, F f) {
  double sum = 0;
  for (const double x : outputs) sum += f(x);
  return sum / static_cast<double>(outputs.size());
}

/// -t ln p - (1 - t) ln(1 - p) with p = 1 / (1 + e^-x).
double cross_entropy(double x, double target) {
  const double not_p = 1 / (1 + std::exp(x));
  return -target * std::log(1 / (1 + std::exp(-x))) - (1 - target) * std::log(not_p);
}

/// Checks the loss of that name against what discriminator and generator ought to pay, and what is shown of
/// an output of 2.
void check_loss(const std::string& name, double smoothing, double d, double g, double score_of_2) {
  INFO(name << " smoothed by " << smoothing);
  const AdversarialLoss loss = adversarial_loss(name, {.label_smoothing = smoothing});
  CHECK(loss.discriminator(column(real), column(fake)).item() == Approx(d).epsilon(1e-12));
  CHECK(loss.generator(column(fake)).item() == Approx(g).epsilon(1e-12));
  CHECK(loss.score(column(fake)).value().to_vector<double>()[2] == Approx(score_of_2));
}

}  // namespace

TEST_CASE("adversarial losses against their formulas", "[gan][losses]") {
  const double probability = 1 / (1 + std::exp(-2.0));
  for (const double s : {0.0, 0.1}) {
    const double d = mean_over(real, [=](double x) { return cross_entropy(x, 1 - s); }) +
                     mean_over(fake, [](double x) { return cross_entropy(x, 0); });
    check_loss("bce", s, d, mean_over(fake, [](double x) { return cross_entropy(x, 1); }), probability);
    check_loss("minimax", s, d, mean_over(fake, [](double x) { return std::log(1 / (1 + std::exp(x))); }),
               probability);
    check_loss("lsgan", s,
               mean_over(real, [=](double x) { return (x - 1 + s) * (x - 1 + s) / 2; }) +
                   mean_over(fake, [](double x) { return x * x / 2; }),
               mean_over(fake, [](double x) { return (x - 1) * (x - 1) / 2; }), 2);
  }
  const auto itself = [](double x) { return x; };
  check_loss("wasserstein", 0, mean_over(fake, itself) - mean_over(real, itself), -mean_over(fake, itself),
             2);
  check_loss("hinge", 0,
             mean_over(real, [](double x) { return std::max(0.0, 1 - x); }) +
                 mean_over(fake, [](double x) { return std::max(0.0, 1 + x); }),
             -mean_over(fake, itself), 2);
  check_loss("logistic", 0,
             mean_over(real, [](double x) { return std::log1p(std::exp(-x)); }) +
                 mean_over(fake, [](double x) { return std::log1p(std::exp(x)); }),
             mean_over(fake, [](double x) { return std::log1p(std::exp(-x)); }), 2);
}

TEST_CASE("gradients of adversarial losses", "[gan][losses]") {
  const Variables outputs = {Variable(Tensor::from(std::vector{-3.0, 0.5, 4.0}, {3}), true),
                             Variable(Tensor::from(std::vector{-4.0, 0.25, 2.0}, {3}), true)};
  for (const std::string& name : adversarial_losses()) {
    INFO(name);
    const AdversarialLoss loss = adversarial_loss(name);
    gradcheck([&](const Variables& x) { return Variables{loss.discriminator(x[0], x[1])}; }, outputs);
    gradcheck([&](const Variables& x) { return Variables{loss.generator(x[0])}; }, {outputs[1]});
  }
}

TEST_CASE("a loss is smoothed within bounds, and only where it has a target", "[gan][losses]") {
  for (const std::string name : {"bce", "minimax", "lsgan"}) {
    CHECK_THROWS_AS(adversarial_loss(name, {.label_smoothing = 0.6}), UsageError);
    CHECK_THROWS_WITH(adversarial_loss(name, {.label_smoothing = -0.1}),
                      Contains("label smoothing -0.1 is not in [0, 0.5]"));
  }
  for (const std::string name : {"wasserstein", "hinge", "logistic"}) {
    CHECK_THROWS_AS(adversarial_loss(name, {.label_smoothing = 0.1}), UsageError);
    CHECK_THROWS_WITH(adversarial_loss(name, {.label_smoothing = 0.1}),
                      name +
                          "_loss: label smoothing 0.1: this loss has no target for real images that could "
                          "be smoothed");
  }
  CHECK_THROWS_WITH(adversarial_loss("nce"), "there is no adversarial loss 'nce'");
}

TEST_CASE("noisy labels swap pairs, as often as asked for", "[gan][losses]") {
  constexpr int64_t n = 4000;
  const Variable ones = Variable(Tensor::full({n}, 1), true), twos = Variable(Tensor::full({n}, 2), true);
  for (const double probability : {0.0, 0.2, 1.0}) {
    INFO(probability);
    Generator random(5);
    const auto [a, b] = swap_sides(ones, twos, probability, random);
    CHECK(amax(abs(a + b - 3)).item() == 0);
    CHECK(mean(a).item() == Approx(1 + probability).margin(0.02));
    CHECK(random.state().offset == n / 4);
    const auto [c, d] = swap_sides(ones, twos, probability, random);
    CHECK((amax(abs(a - c)).item() > 0) == (probability == 0.2));
  }
  Generator random(5);
  CHECK_THROWS_AS(swap_sides(ones, twos, 1.5, random), UsageError);
  CHECK_THROWS_WITH(swap_sides(ones, slice(twos, 0, 0, 3), 0.5, random),
                    "swap_sides: outputs for real are f32[4000], for fake f32[3]");
}

TEST_CASE("swapped outputs take their gradients along", "[gan][losses]") {
  const Variables outputs = {Variable(Tensor::from(std::vector{-3.0, 0.5, 4.0, 1.0}, {4}), true),
                             Variable(Tensor::from(std::vector{-4.0, 0.25, 2.0, 3.0}, {4}), true)};
  gradcheck(
      [&](const Variables& x) {
        Generator random(2);
        const auto [a, b] = swap_sides(x[0], x[1], 0.5, random);
        return Variables{mean(square(a)) + mean(b)};
      },
      outputs);
}
