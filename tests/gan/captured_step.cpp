// Steps that are captured and replayed do what steps do that run as they stand, to the bit.
#include "gan/captured_step.h"

#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/allocator.h"
#include "tests/gan/small_games.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

constexpr Device emulated{DeviceType::emulated};

/// With a learning rate that moves, and clipped gradients.
std::unique_ptr<Game> dcgan(bool graph) {
  Settings settings = eventful("dcgan");
  settings.add({{"graph", graph, ""}});
  return game_of("dcgan", settings, emulated);
}

}  // namespace

TEST_CASE("a captured step draws on, counts on and reads its inputs anew", "[gan][emulated]") {
  std::vector<std::vector<double>> numbers[2];
  for (const bool capture : {false, true}) {
    CapturedStep step(emulated, capture);
    Generator random(3);
    int64_t times = 0;
    for (int i = 0; i < 6; ++i) {
      const Tensor x = Tensor::full({2}, i);
      numbers[capture].push_back(step({x}, [&](const std::vector<Tensor>& in) {
        ++times;
        const Variable noise = random_uniform({2}, random, 0, 1, {.device = emulated});
        return (Variable(in[0]) * 10 + noise).value();
      }));
    }
    CHECK(times == (capture ? 3 : 6));
    CHECK(random.state().offset == 6);
  }
  CHECK(numbers[0] == numbers[1]);
  CHECK(numbers[0][4][0] > 40);
}

TEST_CASE("training by replays ends with the same bits", "[gan][emulated]") {
  const auto plain = dcgan(false), captured = dcgan(true);
  Settings settings = eventful("dcgan");
  for (int step = 0; step < 7; ++step) {
    // One batch is smaller: the step is run as it stands again, and captured once more.
    settings.set("batch", int64_t{step == 4 ? 2 : 3});
    const auto batches = batches_for(*plain, settings, step);
    CHECK(plain->step(batches) == captured->step(batches));
    INFO("after step " << step + 1);
    CHECK(differences(*plain, *captured) == no_difference);
  }
}

TEST_CASE("a captured step differentiates a loss of a number twice", "[gan][emulated]") {
  CapturedStep step(emulated, true);
  for (int i = 0; i < 4; ++i) {
    const auto numbers = step({Tensor::full({2}, i)}, [&](const std::vector<Tensor>& in) {
      const Variable x(in[0], true);
      const Variable slope = grad({mse_loss(x, 0.5)}, {x}, {.create_graph = true})[0];  // x - 0.5
      return grad({sum(square(slope))}, {x})[0].value();
    });
    CHECK(numbers == std::vector<double>(2, 2 * i - 1));
  }
}

TEST_CASE("a captured step keeps its memory to itself", "[gan][emulated]") {
  Tensor inside;
  const StepGraph graph(emulated, [&] {
    const Tensor scratch = Tensor::zeros({1000}, DType::f32, emulated);
    inside = Tensor::zeros({1000}, DType::f32, emulated);
  });
  std::vector<Tensor> others;
  for (int i = 0; i < 4; ++i) others.push_back(Tensor::full({1000}, 7, DType::f32, emulated));
  for (const Tensor& other : others) {
    CHECK(other.raw() != inside.raw());
    CHECK(other.to_vector<float>()[999] == 7);
  }
}

TEST_CASE("a captured step may not wait for the device", "[gan][emulated]") {
  const Tensor x = Tensor::full({1}, 2, DType::f32, emulated);
  CHECK_THROWS_WITH(StepGraph(emulated, [&] { static_cast<void>(x.item()); }),
                    Contains("copy from emulated to cpu: not while a step is captured"));
  CHECK_FALSE(StepGraph::capturing(emulated));
  CHECK((Variable(x) * 3).item() == 6);
  CHECK_THROWS_WITH(StepGraph(Device{}, [] {}), Contains("nothing is captured on cpu"));
}
