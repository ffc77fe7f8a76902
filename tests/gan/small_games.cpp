#include "tests/gan/small_games.h"

#include "autograd/ops/random.h"
#include "gan/games/options.h"

namespace saddle::test {
namespace {

/// Sets those of the options that the model has.
void set_known(Settings& settings, const std::vector<std::pair<std::string, SettingValue>>& values) {
  for (const auto& [option, value] : values)
    if (has(settings, option)) settings.set(option, value);
}

/// One a sample, for models that learn from labels.
Tensor some_labels(const Settings& settings, int64_t from) {
  if (!learns_from_labels(settings)) return {};
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < settings.integer("batch"); ++i)
    labels.push_back((from + i) % settings.integer("classes"));
  return Tensor::from(labels, {settings.integer("batch")});
}

}  // namespace

std::vector<std::string> all_models() {
  std::vector<std::string> names;
  for (const Model& model : models()) names.push_back(model.name);
  return names;
}

Settings settings_of(const std::string& model) {
  Settings settings(find_model(model).options);
  const int64_t size = model == "gan" ? 4 : 16, width = 4;
  set_known(settings, {{"channels", int64_t{1}},
                       {"batch", int64_t{3}},
                       {"size", size},
                       {"nz", int64_t{5}},
                       {"ema", 0.0},  // a slow one rounds small steps away
                       {"ngf", width},
                       {"ndf", width},
                       {"nef", width},
                       {"width", width},
                       {"inner-steps", int64_t{2}},
                       {"inner-batch", int64_t{5}}});
  if (learns_from_labels(settings)) settings.set("classes", int64_t{4});
  if (model == "biggan" || (has(settings, "net") && settings.text("net") != "dcgan"))
    set_known(settings, {{"size", int64_t{32}}, {"ngf", int64_t{1}}, {"ndf", int64_t{1}}});
  return settings;
}

Settings eventful(const std::string& model) {
  Settings settings = settings_of(model);
  set_known(settings, {{"ema", 0.9},
                       {"n-critic", int64_t{2}},
                       {"label-noise", 0.2},
                       {"clip-grad", 0.5},
                       {"lr-schedule", std::string("linear")},
                       {"lr-decay-start", int64_t{1}},
                       {"lr-decay-end", int64_t{7}}});
  if (has(settings, "loss") && settings.text("loss") == "bce") settings.set("label-smoothing", 0.1);
  return settings;
}

std::vector<Batch> batches_for(const Game& game, const Settings& settings, int step) {
  const int64_t n = settings.integer("batch"), size = settings.integer("size");
  Generator random(100 + static_cast<uint64_t>(step));
  std::vector<Batch> batches;
  for (int64_t i = 0; i < game.batches_per_step(); ++i)
    batches.push_back({random_uniform({n, 1, size, size}, random, -1, 1), some_labels(settings, i + step)});
  return batches;
}

Scalars train(Game& game, const Settings& settings, int from, int to) {
  Scalars last;
  for (int step = from; step < to; ++step) last = game.step(batches_for(game, settings, step));
  return last;
}

}  // namespace saddle::test
