// The training loop, on a game that is no GAN.
#include "gan/run/trainer.h"

#include <functional>

#include "core/io/image.h"
#include "core/thread_pool.h"
#include "gan/run/options.h"
#include "nn/modules.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

/// Learns the mean of the images that it sees: a weight that moves by a part of each difference.
class MeanGame : public Game {
 public:
  explicit MeanGame(int64_t batches = 1) : batches_(batches) {
    Generator generator(3);
    network_->reset_parameters(generator);
    weight() = 0;
  }

  Scalars step(const std::vector<Batch>& batches) override {
    REQUIRE(static_cast<int64_t>(batches.size()) == batches_);
    const auto done = static_cast<int64_t>(steps_.item());
    if (on_step) on_step(done + 1);
    for (const Batch& batch : batches)
      for (const float x : batch.images.to_vector<float>()) weight() += 0.01f * (x - weight());
    *steps_.data<int64_t>() = done + 1;
    return {{"number", static_cast<double>(done + 1)}, {"mean", weight()}};
  }
  int64_t batches_per_step() const override { return batches_; }
  Shape latent_shape() const override { return {2}; }
  Tensor generate(const Tensor& latents, const Tensor&) override {
    return Tensor::zeros({latents.size(0), 1, 3, 3});
  }
  std::vector<std::pair<std::string, nn::Module*>> networks() override { return {{"mean", network_.get()}}; }
  NamedTensors state() override {
    NamedTensors all = network_->state_dict("mean.");
    all.emplace_back("step", steps_);
    return all;
  }
  void load_state(const NamedTensors& state) override {
    nn::load_tensors("load_state", this->state(), state);
  }

  std::function<void(int64_t)> on_step;  ///< before each, with its number

 private:
  float& weight() { return *network_->state_dict()[0].second.data<float>(); }

  int64_t batches_;
  std::shared_ptr<nn::Module> network_ = nn::linear(1, 1);
  Tensor steps_ = Tensor::zeros({}, DType::i64);
};

/// Grey images whose every pixel is their number; from `bad` on they do not decode.
class Levels : public Source {
 public:
  explicit Levels(int64_t bad = 1000) : bad_(bad) {}
  std::string description() const override { return "levels"; }
  int64_t size() const override { return 100; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override { return concat("level ", i); }
  Example load(int64_t i) const override {
    require<Error>(i < bad_, name(i), ": does not decode");
    return {Tensor::full({2, 2, 1}, static_cast<double>(i), DType::u8)};
  }

 private:
  int64_t bad_;
  std::vector<std::string> classes_;
};

Settings fake_settings(int64_t steps) {
  Settings settings = run_settings({.name = "mean",
                                    .title = "",
                                    .paper = "",
                                    .options = {{"batch", int64_t{3}, ""},
                                                {"size", int64_t{2}, ""},
                                                {"channels", int64_t{1}, ""},
                                                {"seed", int64_t{0}, ""}},
                                    .make = {}});
  settings.set("steps", steps);
  settings.set("log-every", int64_t{10});
  settings.set("sample-every", int64_t{0});
  settings.set("checkpoint-every", int64_t{8});
  return settings;
}

/// One sitting in a run: the newest checkpoint if there is one, then training.
struct Sitting {
  Sitting(const RunFolder& folder, Settings with, int64_t batches = 1, int64_t bad = 1000)
      : run(folder), settings(std::move(with)), game(batches) {
    LoaderOptions options = loader_options(settings);
    options.shuffle = bad == 1000;  // else the bad one comes where it is expected
    loader.emplace(std::make_shared<Levels>(bad), options);
  }

  int train() {
    Trainer trainer({settings, run, game, *loader, Device{}, "levels"});
    const auto from = newest_checkpoint(run, [](const std::string& text) { FAIL(text); });
    if (from) trainer.resume(*from);
    return trainer.run([this](const Progress& p) { seen.push_back(p); }, stop);
  }

  const RunFolder& run;
  Settings settings;
  MeanGame game;
  std::optional<Loader> loader;
  std::atomic<int> stop = 0;
  std::vector<Progress> seen;
};

}  // namespace

TEST_CASE("training that stops anywhere and goes on ends with the same bytes", "[run][trainer]") {
  const Scratch scratch;
  const int threads = num_threads();
  const int64_t batches = GENERATE(1, 3);
  std::string expected;
  {
    const RunFolder run = RunFolder::create(scratch.path("whole"), "");
    CHECK(Sitting(run, fake_settings(40), batches).train() == 0);
    expected = text_of(run.checkpoint_path(40));
  }
  for (const int stop_at : {1, 8, 17, 39}) {
    INFO("stopped at step " << stop_at);
    set_num_threads(stop_at % 2 + 1);
    const RunFolder run = RunFolder::create(scratch.path(concat("stopped-", stop_at)), "");
    Sitting first(run, fake_settings(40), batches);
    first.game.on_step = [&](int64_t step) {
      if (step == stop_at) first.stop = 15;
    };
    CHECK(first.train() == 15);
    CHECK(run.latest() == stop_at);
    CHECK(Sitting(run, fake_settings(40), batches).train() == 0);
    CHECK(text_of(run.checkpoint_path(40)) == expected);
  }
  set_num_threads(threads);
}

TEST_CASE("training logs means, and saves when it is due and at the end", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  Settings settings = fake_settings(25);
  settings.set("sample-every", int64_t{20});
  Sitting sitting(run, settings);
  CHECK(sitting.train() == 0);
  CHECK(run.checkpoints() == std::vector<int64_t>{8, 16, 24, 25});
  CHECK(run.samples() == std::vector{run.sample_path(20), run.sample_path(25)});
  CHECK(read_image(run.sample_path(20)).width() == 8 * 3 + 7 * 2);

  REQUIRE(sitting.seen.size() == 25);
  std::vector<double> means;
  for (const Progress& p : sitting.seen)
    if (p.logged) means.push_back(p.scalars[0].second);
  CHECK(means == std::vector<double>{5.5, 15.5, 23});  // of 1..10, 11..20, 21..25
  CHECK(sitting.seen[24].seconds_left == 0);
  CHECK(sitting.seen[0].seconds_left > 0);
  CHECK(sitting.seen[24].epochs == 0.75);
  CHECK(sitting.seen[24].images_per_second > 0);
  CHECK(sitting.seen[24].memory.bytes_in_use > 0);
  CHECK_THAT(*last_log_line(run.log_path()),
             Contains("\"step\":25,\"epoch\":0.75,\"number\":23.0,\"mean\":"));

  CHECK(Sitting(run, settings).train() == 0);  // there is nothing left to do
  CHECK(run.latest() == 25);
}

TEST_CASE("an interval of 0 means never, but the last step is saved", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  Settings settings = fake_settings(5);
  for (const char* name : {"log-every", "sample-every", "checkpoint-every"}) settings.set(name, int64_t{0});
  CHECK(Sitting(run, settings).train() == 0);
  CHECK(run.checkpoints() == std::vector<int64_t>{5});
  CHECK(run.samples().empty());
  CHECK(text_of(run.log_path()).empty());
}

TEST_CASE("only as many checkpoints are kept as asked for", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  Settings settings = fake_settings(41);
  settings.set("keep-checkpoints", int64_t{2});
  CHECK(Sitting(run, settings).train() == 0);
  CHECK(run.checkpoints() == std::vector<int64_t>{40, 41});
}

TEST_CASE("stopped before its first step, a run is saved as it is", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  Sitting sitting(run, fake_settings(5));
  sitting.stop = 2;
  CHECK(sitting.train() == 2);
  CHECK(run.checkpoints() == std::vector<int64_t>{0});
  CHECK(Sitting(run, fake_settings(5)).train() == 0);
  CHECK(run.latest() == 5);
}

TEST_CASE("failures end training and leave what was saved", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  SECTION("of the game: its state may be half a step's") {
    Sitting sitting(run, fake_settings(40));
    sitting.game.on_step = [](int64_t step) { require<Error>(step != 20, "loss is nan"); };
    CHECK_THROWS_WITH(sitting.train(), "loss is nan");
    CHECK(run.latest() == 16);
  }
  SECTION("of the data: the steps before are saved whole") {
    // Image 50 comes in the second batch of step 9, after the first one was taken.
    Sitting sitting(run, fake_settings(40), 2, 50);
    CHECK_THROWS_WITH(sitting.train(), "level 50: does not decode");
    CHECK(run.latest() == 8);
    fs::remove(run.checkpoint_path(8));
    fs::remove(run.path() / "checkpoints" / "latest");
    Settings settings = fake_settings(40);
    settings.set("checkpoint-every", int64_t{0});
    Sitting unsaved(run, settings, 2, 50);
    CHECK_THROWS_WITH(unsaved.train(), "level 50: does not decode");
    CHECK(run.latest() == 8);
    const Checkpoint saved = load_checkpoint(run.checkpoint_path(8));
    CHECK(find(saved.loader, "data.index")->item() == 48);
  }
  SECTION("of the files") {
    Sitting sitting(run, fake_settings(40));
    sitting.game.on_step = [&](int64_t step) {
      if (step == 10) fs::create_directory(run.checkpoint_path(16));
    };
    CHECK_THROWS_WITH(sitting.train(), Contains("step-000016.safetensors: is not a regular file"));
    CHECK(run.latest() == 8);
    CHECK_NOTHROW(load_checkpoint(run.checkpoint_path(8)));
  }
}

TEST_CASE("a checkpoint of another model is refused", "[run][trainer]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  CHECK(Sitting(run, fake_settings(5)).train() == 0);
  Checkpoint other = load_checkpoint(run.checkpoint_path(5));
  other.model = "median";
  save_checkpoint(run.checkpoint_path(5), other);
  CHECK_THROWS_WITH(Sitting(run, fake_settings(9)).train(),
                    Contains("step-000005.safetensors: a checkpoint of the model median, not of mean"));
}
