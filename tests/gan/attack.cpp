// Adversarial examples: how far they go, and what they do.
#include "gan/attacks/attack.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/confusion.h"
#include "tests/gan/squares.h"

using namespace saddle;
using namespace saddle::test;

namespace {

double loss_of(Classifier& classifier, const Tensor& images, const Tensor& labels) {
  return cross_entropy(classifier.logits(images), labels).item();
}

double greatest_change(const Tensor& a, const Tensor& b) {
  return amax(abs(Variable(a) - Variable(b))).item();
}

}  // namespace

TEST_CASE("the fast gradient sign method is one step along the slope's signs", "[gan][attack]") {
  const auto game = trained_on_squares(20);
  const Batch batch = batch_of_squares(6, 9);
  Generator random(1);
  const Tensor attacked = attack(*game, batch.images, batch.labels, fgsm(0.05), random);
  CHECK(random.state().offset == 0);

  const Variable x(batch.images, true);
  const Variable slope = grad({cross_entropy(game->logits(x), batch.labels)}, {x})[0];
  const Tensor expected = clamp(batch.images + 0.1 * sign(slope), -1, 1).value();
  CHECK(greatest_change(attacked, expected) < 1e-6);
  CHECK(greatest_change(attacked, batch.images) == Approx(0.1));
}

TEST_CASE("attacks raise the loss, within eps and the range of pixels", "[gan][attack]") {
  const auto game = trained_on_squares(60);
  const Batch batch = batch_of_squares(40, 9);
  Generator random(1);
  const double clean = loss_of(*game, batch.images, batch.labels);
  const Tensor once = attack(*game, batch.images, batch.labels, fgsm(0.2), random);
  const Tensor often = attack(*game, batch.images, batch.labels, pgd(0.2, 0.05, 12), random);
  CHECK(loss_of(*game, once, batch.labels) > 2 * clean);
  CHECK(loss_of(*game, often, batch.labels) > loss_of(*game, once, batch.labels));
  for (const Tensor& attacked : {once, often}) {
    CHECK(greatest_change(attacked, batch.images) <= 0.4 + 1e-6);
    CHECK(amax(abs(Variable(attacked))).item() <= 1);
  }
  Confusion before(4), after(4);
  before.add(batch.labels, classify(*game, batch.images));
  after.add(batch.labels, classify(*game, often));
  CHECK(after.accuracy() < before.accuracy());
}

TEST_CASE("a random start is the generator's alone", "[gan][attack]") {
  const auto game = trained_on_squares(5);
  const Batch batch = batch_of_squares(4, 9);
  const auto attacked = [&](uint64_t seed) {
    Generator random(seed);
    return attack(*game, batch.images, batch.labels, pgd(0.1, 0.01, 2), random).to_vector<float>();
  };
  CHECK(attacked(1) == attacked(1));
  CHECK(attacked(1) != attacked(2));
}

TEST_CASE("attacks of no size are refused", "[gan][attack]") {
  const auto game = trained_on_squares(0);
  const Batch batch = batch_of_squares(4, 9);
  Generator random(1);
  for (const AttackOptions& options : {fgsm(0), pgd(0.1, 0, 3), pgd(0.1, 0.1, 0)})
    CHECK_THROWS_AS(attack(*game, batch.images, batch.labels, options, random), UsageError);
}
