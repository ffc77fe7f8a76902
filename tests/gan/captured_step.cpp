// Steps that are captured and replayed do what steps do that run as they stand, to the bit.
#include "gan/captured_step.h"

#include <catch2/catch.hpp>

#include "autograd/ops.h"
#include "core/allocator.h"
#include "gan/game.h"
#include "gan/games/options.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

constexpr Device emulated{DeviceType::emulated};

/// Of the images: the smallest that its networks take, or nearly.
int64_t size_of(const std::string& model) {
  return model == "biggan" ? 32 : 16;
}

std::unique_ptr<Game> small_game(const std::string& model, bool graph) {
  Settings settings(find_model(model).options);
  settings.add({{"graph", graph, ""}});
  settings.set("channels", int64_t{1});
  settings.set("batch", int64_t{3});
  settings.set("size", size_of(model));
  settings.set("nz", int64_t{5});
  for (const char* width : {"ngf", "ndf"})
    if (settings.find(width) != nullptr) settings.set(width, int64_t{model == "biggan" ? 1 : 2});
  if (model.starts_with("sngan"))
    settings.set("net", std::string("sngan-cnn"));  // its others take larger images
  if (learns_from_labels(settings)) settings.set("classes", int64_t{3});
  settings.set("ema", 0.9);
  settings.set("n-critic", int64_t{2});
  settings.set("lr-schedule", std::string("linear"));
  settings.set("lr-decay-end", int64_t{9});
  settings.set("label-noise", 0.3);
  settings.set("clip-grad", 0.5);
  return find_model(model).make(settings, emulated);
}

std::vector<Batch> batches_for(int64_t step, int64_t count, int64_t size = 16) {
  Generator random(static_cast<uint64_t>(100 + step));
  std::vector<Batch> batches(2);
  for (Batch& batch : batches) {
    std::vector<int64_t> labels;  // for models that learn from them
    for (int64_t i = 0; i < count; ++i) labels.push_back((step + i) % 3);
    batch = {random_uniform({count, 1, size, size}, random, -1, 1), Tensor::from(labels, {count})};
  }
  return batches;
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
  const auto plain = small_game("dcgan", false), captured = small_game("dcgan", true);
  for (int64_t step = 0; step < 7; ++step) {
    // One batch is smaller: the step is run as it stands again, and captured once more.
    const auto batches = batches_for(step, step == 4 ? 2 : 3);
    CHECK(plain->step(batches) == captured->step(batches));
    INFO("after step " << step + 1);
    CHECK(differences(*plain, *captured) == no_difference);
  }
}

TEST_CASE("every model trains on the device, and by replays to the same bits", "[gan][emulated]") {
  for (const std::string model :
       {"gan", "lsgan", "wgan", "wgan-gp", "dragan", "sngan", "cgan", "sngan-projection", "biggan"}) {
    INFO(model);
    // Large ones play once: the layers of gan have a million weights, biggan's images are larger.
    const int64_t steps = model == "gan" || model == "biggan" ? 1 : 4;
    const auto plain = small_game(model, false), captured = small_game(model, true);
    for (int64_t step = 0; step < steps; ++step)
      CHECK(plain->step(batches_for(step, 3, size_of(model))) ==
            captured->step(batches_for(step, 3, size_of(model))));
    CHECK(differences(*plain, *captured) == no_difference);
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
