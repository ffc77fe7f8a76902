// Games that are given classes: what reaches the networks, and what sampling asks for.
#include <catch2/catch.hpp>

#include "autograd/ops.h"
#include "gan/games/adversarial.h"
#include "gan/games/options.h"
#include "gan/run/options.h"
#include "gan/run/sampling.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;

namespace {

/// Counts the samples of each class that it is given, and adds a vector of the class's own to them.
class AddClass : public nn::Module {
 public:
  AddClass(int64_t classes, int64_t width, std::vector<int64_t>* seen)
      : table_(register_module("table", nn::embedding(classes, width))), seen_(seen) {}
  Variable forward(const Variable&) override { throw Error("no class was given"); }
  Variable forward_given(const Variable& x, const Variable& labels) override {
    for (const int64_t label : labels.value().to_vector<int64_t>()) seen_->push_back(label);
    return x + (*table_)(labels);
  }

 private:
  std::shared_ptr<nn::Embedding> table_;
  std::vector<int64_t>* seen_;
};

struct Seen {
  std::vector<int64_t> generator, discriminator;
};

AdversarialNetworks networks(Seen& seen) {
  return {.generator =
              [&] {
                return nn::sequential(std::make_shared<AddClass>(3, 2, &seen.generator), nn::linear(2, 2),
                                      nn::unflatten({1, 1, 2}));
              },
          .discriminator =
              [&] {
                return nn::sequential(nn::flatten(), std::make_shared<AddClass>(3, 2, &seen.discriminator),
                                      nn::linear(2, 1), nn::flatten(0));
              },
          .init = [](nn::Module& network, Generator& random) { network.reset_parameters(random); },
          .latent = {2},
          .classes = 3};
}

Batch labelled(const std::vector<int64_t>& labels) {
  Generator random(1);
  const auto n = static_cast<int64_t>(labels.size());
  return {random_uniform({n, 1, 1, 2}, random, -1, 1), Tensor::from(labels, {n})};
}

}  // namespace

TEST_CASE("both networks are given the labels of the batch", "[gan][classes]") {
  Seen seen;
  AdversarialGame game(networks(seen), {.penalty = penalty("wgan-gp"), .n_critic = 2});
  CHECK(game.classes() == 3);
  game.step({labelled({0, 2}), labelled({1, 1, 2})});
  CHECK(seen.generator == std::vector<int64_t>{0, 2, 1, 1, 2});
  // Real, fake and between them for each update, then the generator's.
  CHECK(seen.discriminator == std::vector<int64_t>{0, 2, 0, 2, 0, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2});
  CHECK_THROWS_WITH(game.step({{labelled({0}).images, {}}, labelled({1})}),
                    "game: a model of classes needs labels");
}

TEST_CASE("images of a class are asked for by label", "[gan][classes]") {
  Seen seen;
  AdversarialGame game(networks(seen), {});
  std::vector<uint64_t> seeds(40);
  for (size_t i = 0; i < seeds.size(); ++i) seeds[i] = i;
  const SampleInputs inputs = each_class(game.latents(seeds), {2, 0});
  REQUIRE(inputs.latents.shape() == Shape{80, 2});
  const Tensor images = game.generate(inputs.latents, inputs.labels);
  CHECK(images.shape() == Shape{80, 1, 1, 2});
  std::vector<int64_t> asked(80, 0);
  std::fill_n(asked.begin(), 40, int64_t{2});
  CHECK(seen.generator == asked);
  CHECK(images.data<float>()[0] != images.data<float>()[80]);  // one seed, two classes

  CHECK_THROWS_WITH(game.generate(inputs.latents), "generate: a model of classes needs labels");
  CHECK_THROWS_WITH(game.generate(inputs.latents, Tensor::full({80}, 3, DType::i64)),
                    "generate: class 3 of 3");
  CHECK_THROWS_WITH(game.generate(inputs.latents, Tensor::zeros({79}, DType::i64)),
                    Contains("labels i64[79] are not i64[80]"));
}

TEST_CASE("lists of classes", "[gan][classes]") {
  CHECK(parse_classes("all", 3) == std::vector<int64_t>{0, 1, 2});
  CHECK(parse_classes("2,0-1", 3) == std::vector<int64_t>{2, 0, 1});
  CHECK_THROWS_WITH(parse_classes("3", 3), "class 3: the model knows 3, from 0 on");
  CHECK_THROWS_WITH(parse_classes("cats", 3),
                    "classes 'cats': 'cats' is neither a number nor a range; a list is written 0,1,4-6");
}

TEST_CASE("the data says how many classes there are", "[gan][classes]") {
  Settings settings({{"model", std::string("some"), "a model"}});
  settings.add(training_options());
  settings.add(model_options({}, {classes_option()}));
  settings.add(running_options());
  CHECK_THROWS_WITH(class_count(settings), Contains("needs to know how many"));
  settings.set("data", std::string("shapes"));
  const auto source = open_data(settings);
  CHECK(class_count(settings) == static_cast<int64_t>(source->classes().size()));
  settings.set("classes", int64_t{2});
  CHECK_THROWS_WITH(open_data(settings), Contains("option 'classes': 2 are fewer than the "));

  // A model that leaves labels alone does not ask for them.
  settings.add({{"conditioning", std::string("none"), "how"}});
  CHECK_NOTHROW(open_data(settings));
}
