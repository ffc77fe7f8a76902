// Runs: settings, folders, logs, checkpoints, sampling. The training loop is in trainer.cpp.
#include <algorithm>
#include <cmath>

#include "core/io/image.h"
#include "core/io/safetensors.h"
#include "gan/run/checkpoint.h"
#include "gan/run/log.h"
#include "gan/run/options.h"
#include "gan/run/sampling.h"
#include "tests/core/io/scratch.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

Settings tiny_dcgan() {
  Settings settings = run_settings(find_model("dcgan"));
  for (const char* name : {"ngf", "ndf", "nz"}) settings.set(name, int64_t{4});
  settings.set("size", int64_t{16});
  settings.set("channels", int64_t{1});
  settings.set("ema", 0.5);
  return settings;
}

Checkpoint dcgan_checkpoint(int64_t step = 7) {
  const Settings settings = tiny_dcgan();
  return {"",
          "dcgan",
          step,
          training_toml(settings),
          "shapes",
          find_model("dcgan").make(settings, Device{})->state(),
          {{"data.epoch", Tensor::zeros({}, DType::i64)}, {"data.index", Tensor::zeros({}, DType::i64)}}};
}

const auto no_warning = [](const std::string& text) { FAIL(text); };

}  // namespace

TEST_CASE("a checkpoint's settings do not tell how it was run", "[run][settings]") {
  Settings a = run_settings(find_model("dcgan")), b = a;
  b.set("data", std::string("/somewhere"));
  for (const char* name : {"log-every", "sample-every", "checkpoint-every", "keep-checkpoints", "threads"})
    b.set(name, int64_t{3});
  b.set("skip-bad", true);
  b.set("device", std::string("cpu"));
  b.set("precision", std::string("tf32"));
  CHECK(training_toml(a) == training_toml(b));
  b.set("lr-g", 0.5);
  CHECK(training_toml(a) != training_toml(b));
  CHECK_THAT(training_toml(b), Contains("lr-g = 0.5\n") && Contains("model = \"dcgan\"\n"));
}

TEST_CASE("a run's settings are read with the model they name", "[run][settings]") {
  const Settings settings = tiny_dcgan();
  CHECK(read_run_settings(settings.to_toml(), "c").to_toml() == settings.to_toml());
  CHECK_THROWS_WITH(read_run_settings("size = 32", "c.toml"), Contains("c.toml: names no model"));
  CHECK_THROWS_WITH(read_run_settings("model = \"x\"", "c.toml"), Contains("c.toml: there is no model 'x'"));
  CHECK_THROWS_WITH(read_run_settings("model = \"gan\"\nngf = 3", "c.toml"), Contains("c.toml:2: unknown"));
  CHECK_THROWS_WITH(read_run_settings("model = [", "c.toml"), Contains("c.toml:1: "));
  CHECK_THROWS_WITH(run_settings(find_model("gan")).read_toml("model = \"dcgan\"", "c.toml"),
                    Contains("\"dcgan\" is not one of gan"));
}

TEST_CASE("channels are those of the first images, and paths become absolute", "[run][settings]") {
  const Scratch scratch;
  const auto draw = [&](const char* name, int64_t channels) {
    write_png(scratch.path(name), Tensor::full({2, 2, channels}, 9, DType::u8));
  };
  Settings settings = run_settings(find_model("dcgan"));
  CHECK_THROWS_WITH(open_data(settings), Contains("no data: --data"));
  draw("a.png", 1);
  draw("b.png", 2);
  const auto before = fs::current_path();
  fs::current_path(scratch.path());
  settings.set("data", std::string("."));
  open_data(settings);
  fs::current_path(before);
  CHECK(settings.integer("channels") == 1);
  CHECK(fs::path(settings.text("data")).is_absolute());

  draw("c.png", 4);
  settings.set("channels", int64_t{0});
  CHECK(open_data(settings)->size() == 3);
  CHECK(settings.integer("channels") == 3);

  scratch.file("a.png", bytes_of("no image"));
  settings.set("channels", int64_t{0});
  CHECK_THROWS_WITH(open_data(settings), Contains("a.png"));
  settings.set("skip-bad", true);
  open_data(settings);
  CHECK(settings.integer("channels") == 3);

  settings.set("data", std::string("shapes"));
  open_data(settings);
  CHECK(settings.text("data") == "shapes");
}

TEST_CASE("run folders are made new and opened when they are runs", "[run][folder]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("a/b"), "x = 1\n");
  CHECK(RunFolder::open(scratch.path("a/b")).config() == "x = 1\n");
  CHECK(run.checkpoint_path(100).filename() == "step-000100.safetensors");
  CHECK(run.sample_path(1234567).filename() == "step-1234567.png");

  CHECK_THROWS_WITH(RunFolder::create(scratch.path("a/b"), ""),
                    Contains("a/b: exists already and is not empty"));
  scratch.file("file", bytes_of("x"));
  CHECK_THROWS_WITH(RunFolder::create(scratch.path("file"), ""), Contains("exists already and is no folder"));
  CHECK_THROWS_WITH(RunFolder::create(scratch.path("file/run"), ""),
                    Contains("file/run/samples: the folder cannot"));
  CHECK_THROWS_WITH(RunFolder::open(scratch.path("none")), Contains("none: no such run folder"));
  CHECK_THROWS_WITH(RunFolder::open(scratch.path("a")), Contains("has no config.toml"));
  fs::create_directory(scratch.path("empty"));
  CHECK_NOTHROW(RunFolder::create(scratch.path("empty"), ""));
}

TEST_CASE("one process trains in a run, and clears away what a killed one left", "[run][folder]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  scratch.file("run/checkpoints/step-000001.safetensors.tmp-12-0", bytes_of("half"));
  {
    const RunLock lock(run);
    CHECK(!fs::exists(scratch.path("run/checkpoints/step-000001.safetensors.tmp-12-0")));
    CHECK_THROWS_WITH(RunLock(run), Contains("another process is training"));
  }
  CHECK_NOTHROW(RunLock(run));
}

TEST_CASE("checkpoints of a run are listed by step", "[run][folder]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  CHECK(run.checkpoints().empty());
  CHECK(!run.latest());
  for (const char* name : {"step-1000000.safetensors", "step-000100.safetensors", "step-100.safetensors",
                           "step-000200.safetensors.tmp-1-0", "other.safetensors", "step--00001.safetensors"})
    scratch.file(std::string("run/checkpoints/") + name, bytes_of("x"));
  CHECK(run.checkpoints() == std::vector<int64_t>{100, 1000000});
  run.set_latest(100);
  CHECK(run.latest() == 100);
  CHECK(text_of(scratch.path("run/checkpoints/latest")) == "step-000100.safetensors\n");
  scratch.file("run/checkpoints/latest", bytes_of("../../etc"));
  CHECK(!run.latest());
}

TEST_CASE("a log goes on behind the step that is resumed from", "[run][log]") {
  const Scratch scratch;
  const auto path = scratch.path("log.jsonl");
  const auto append = [&](int64_t resumed, std::vector<int64_t> steps) {
    RunLog log(path, resumed);
    for (const int64_t step : steps) {
      Progress progress;
      progress.step = step;
      progress.scalars = {{"loss", 0.5}};
      log.append(progress);
    }
  };
  append(0, {10, 20, 30});
  const std::string whole = text_of(path);
  CHECK_THAT(whole,
             Contains("{\"step\":10,\"epoch\":0.0,\"loss\":0.5,\"images_per_s\":0.0,\"memory_bytes\":0,"));
  CHECK(std::ranges::count(whole, '\n') == 3);

  scratch.file("log.jsonl", bytes_of(whole + "{\"step\":3"));  // torn by a full disk or a power cut
  CHECK_THAT(*last_log_line(path), Contains("\"step\":30,"));
  append(20, {});
  CHECK(text_of(path) == whole.substr(0, whole.find("{\"step\":30")));
  append(20, {30});
  CHECK(text_of(path) == whole);

  append(5, {});
  CHECK(text_of(path).empty());
  CHECK(!last_log_line(path));
  CHECK(!last_log_line(scratch.path("none")));
  CHECK_THROWS_WITH(RunLog(scratch.path("none/log.jsonl"), 0), Contains("cannot be opened for writing"));
}

TEST_CASE("a checkpoint makes its game again", "[run][checkpoint]") {
  const Scratch scratch;
  const auto path = scratch.path("c.safetensors");
  const Checkpoint saved = dcgan_checkpoint();
  save_checkpoint(path, saved);
  const Checkpoint read = load_checkpoint(path);
  CHECK(read.origin == path.string());
  CHECK(read.model == "dcgan");
  CHECK(read.step == 7);
  CHECK(read.settings == saved.settings);
  CHECK(read.data == "shapes");
  CHECK(read.loader.size() == 2);
  CHECK(read.game.size() == saved.game.size());
  CHECK(settings_of(read).integer("ngf") == 4);

  const auto again = scratch.path("d.safetensors");
  Checkpoint copy = read;
  copy.game = make_game(read, Device{})->state();
  save_checkpoint(again, copy);
  CHECK(text_of(path) == text_of(again));
}

TEST_CASE("what is no whole checkpoint of the model is refused by name", "[run][checkpoint]") {
  const Scratch scratch;
  const auto path = scratch.path("c.safetensors");
  save_checkpoint(path, dcgan_checkpoint());
  const std::string whole = text_of(path);
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    scratch.file("cut.safetensors", bytes_of(whole.substr(0, size)));
    CHECK_THROWS_WITH(load_checkpoint(scratch.path("cut.safetensors")), Contains("cut.safetensors"));
  }
  save_safetensors(path, {{"x", Tensor::zeros({1})}});
  CHECK_THROWS_WITH(load_checkpoint(path), Contains("c.safetensors: not a checkpoint"));
  save_safetensors(path, {}, {{"format", "saddle-checkpoint"}, {"version", "2"}});
  CHECK_THROWS_WITH(load_checkpoint(path), Contains("format version 2, this program reads version 1"));
  save_safetensors(path, {}, {{"format", "saddle-checkpoint"}, {"version", "1"}});
  CHECK_THROWS_WITH(load_checkpoint(path), Contains("metadata lack 'model'"));

  const auto refuse = [&](Checkpoint checkpoint, const std::string& reason) {
    checkpoint.origin = "file";
    CHECK_THROWS_WITH(make_game(checkpoint, Device{}), Catch::StartsWith("file: ") && Contains(reason));
    // Whatever a file holds, it is not the user's usage that is wrong.
    try {
      make_game(checkpoint, Device{});
    } catch (const Error& e) {
      CHECK(dynamic_cast<const UsageError*>(&e) == nullptr);
    }
  };
  Checkpoint bad = dcgan_checkpoint();
  bad.model = "stylegan9";
  refuse(bad, "no model 'stylegan9'");
  bad = dcgan_checkpoint();
  bad.settings += "no-such-option = 1\n";
  refuse(bad, "no-such-option");
  bad = dcgan_checkpoint();
  bad.game.pop_back();
  refuse(bad, "missing step");
}

TEST_CASE("the newest whole checkpoint is found", "[run][checkpoint]") {
  const Scratch scratch;
  const RunFolder run = RunFolder::create(scratch.path("run"), "");
  CHECK(!newest_checkpoint(run, no_warning));
  for (const int64_t step : {10, 20, 30}) save_checkpoint(run.checkpoint_path(step), dcgan_checkpoint(step));
  CHECK(newest_checkpoint(run, no_warning)->step == 30);  // ended before `latest` was written
  run.set_latest(20);
  CHECK(newest_checkpoint(run, no_warning)->step == 20);

  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { warnings.push_back(text); };
  fs::resize_file(run.checkpoint_path(20), 1000);
  CHECK(newest_checkpoint(run, warn)->step == 10);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("step-000020.safetensors") && Contains("trying an older"));
  fs::remove(run.checkpoint_path(20));
  CHECK(newest_checkpoint(run, warn)->step == 10);
  CHECK_THAT(warnings.back(), Contains("step-000020.safetensors is missing"));
  fs::resize_file(run.checkpoint_path(10), 1000);
  CHECK(newest_checkpoint(run, warn)->step == 30);  // better a newer one than none
  fs::resize_file(run.checkpoint_path(30), 1000);
  CHECK_THROWS_WITH(newest_checkpoint(run, warn), Contains("no checkpoint that can be read"));
  for (const int64_t step : {10, 30}) fs::remove(run.checkpoint_path(step));
  CHECK_THROWS_WITH(newest_checkpoint(run, warn),
                    Contains("its checkpoints are gone; the last was of step 20"));
}

TEST_CASE("a network is exported under PyTorch's names", "[run][checkpoint]") {
  const Scratch scratch;
  Checkpoint checkpoint = dcgan_checkpoint();
  checkpoint.origin = "file";
  for (const bool ema : {false, true}) {
    export_network(checkpoint, "generator", ema, scratch.path("g"));
    const Safetensors file = load_safetensors(scratch.path("g"));
    REQUIRE(!file.tensors.empty());
    CHECK(file.metadata.at("network") == (ema ? "generator_ema" : "generator"));
    for (const auto& [name, tensor] : file.tensors) {
      const Tensor* own = find(checkpoint.game, (ema ? "generator_ema." : "generator.") + name);
      REQUIRE(own);
      CHECK(own->nbytes() == tensor.nbytes());
      CHECK(std::equal(static_cast<const char*>(own->raw()),
                       static_cast<const char*>(own->raw()) + own->nbytes(),
                       static_cast<const char*>(tensor.raw())));
    }
  }
  CHECK_THROWS_WITH(export_network(checkpoint, "x", false, scratch.path("x")),
                    Contains("no network 'x'; it has generator, discriminator, generator_ema"));
}

TEST_CASE("lists of seeds", "[run][sampling]") {
  CHECK(parse_seeds("0,1,4-6") == std::vector<uint64_t>{0, 1, 4, 5, 6});
  CHECK(parse_seeds("7") == std::vector<uint64_t>{7});
  CHECK(parse_seeds("18446744073709551615-18446744073709551615") == std::vector<uint64_t>{~uint64_t{0}});
  CHECK(parse_seeds("1-65536").size() == 65536);
  for (const char* bad : {"", ",", "1,", "a", "1-", "-1", "3-2", "1-2-3", "1 2", "0-65536",
                          "0-18446744073709551615", "18446744073709551616", "0-65535,1"})
    CHECK_THROWS_AS(parse_seeds(bad), UsageError);
}
