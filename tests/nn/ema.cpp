// The moving average of weights.
#include "nn/ema.h"

#include <catch2/catch.hpp>

#include "autograd/ops.h"
#include "nn/init.h"
#include "nn/modules.h"

using namespace saddle;

namespace {

/// A layer that counts its uses in a buffer.
class Counted : public nn::Module {
 public:
  Counted() {
    inner = register_module("inner", nn::linear(3, 2));
    register_buffer("count", count, Tensor::zeros({}));
  }
  Variable forward(const Variable& x) override {
    count = (count + Variable(Tensor::full({}, 1))).value();
    return (*inner)(x);
  }
  std::shared_ptr<nn::Linear> inner;
  Tensor count;
};

std::shared_ptr<Counted> network(uint64_t seed) {
  auto net = std::make_shared<Counted>();
  Generator generator(seed);
  net->reset_parameters(generator);
  return net;
}

}  // namespace

TEST_CASE("the average follows the weights and copies the buffers", "[nn][ema]") {
  const auto net = network(1), average = network(2);
  nn::Ema ema(net, average, 0.75);
  CHECK(&ema.average() == average.get());
  CHECK(!average->is_training());
  CHECK(!average->inner->weight.requires_grad());
  CHECK(net->inner->weight.requires_grad());
  CHECK(average->inner->weight.value().to_vector<float>() == net->inner->weight.value().to_vector<float>());

  std::vector<float> expected = net->inner->weight.value().to_vector<float>();
  for (int i = 0; i < 3; ++i) {
    nn::init::constant_(net->inner->weight, i);
    (*net)(Tensor::zeros({1, 3}));
    ema.update();
    for (float& e : expected) e = 0.75f * e + 0.25f * static_cast<float>(i);
  }
  const auto found = average->inner->weight.value().to_vector<float>();
  for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]));
  CHECK(average->count.item() == 3);
}

TEST_CASE("the average does not follow another architecture", "[nn][ema]") {
  CHECK_THROWS_WITH(nn::Ema(nn::linear(3, 2), nn::linear(3, 4), 0.9),
                    "ema: mismatched weight (own f32[4,3], given f32[2,3]), bias (own f32[4], given f32[2])");
  CHECK_THROWS_WITH(nn::Ema(network(1), network(2), 1), "ema: decay 1 is not in [0, 1)");
}
