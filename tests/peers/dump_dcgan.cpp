// Training steps of DCGAN games: the state before, the latents that the step draws, its images, its losses,
// the state after. Then the generator, as it is exported, with images that it makes in evaluation.
#include <nlohmann/json.hpp>

#include "autograd/ops/random.h"
#include "autograd/variable.h"
#include "core/io/safetensors.h"
#include "gan/game.h"
#include "gan/networks/dcgan.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

struct Case {
  int64_t size, channels, ngf, ndf;
  double lr_d = 2e-4;
  double label_smoothing = 0;
  int64_t n_critic = 1;
};

class Dump {
 public:
  void add(const Case& c) {
    Settings settings(find_model("dcgan").options);
    settings.set("size", c.size);
    settings.set("channels", c.channels);
    settings.set("nz", nz);
    settings.set("ngf", c.ngf);
    settings.set("ndf", c.ndf);
    settings.set("lr-d", c.lr_d);
    settings.set("label-smoothing", c.label_smoothing);
    settings.set("n-critic", c.n_critic);
    const auto game = find_model("dcgan").make(settings, Device{});
    json entry{{"size", c.size},
               {"channels", c.channels},
               {"nz", nz},
               {"ngf", c.ngf},
               {"ndf", c.ndf},
               {"label_smoothing", c.label_smoothing},
               {"n_critic", c.n_critic},
               {"lr_g", settings.number("lr-g")},
               {"lr_d", settings.number("lr-d")},
               {"betas", {settings.number("beta1"), settings.number("beta2")}},
               {"losses", json::array()}};
    const std::string prefix = concat(index_.size(), ".");
    // The second step starts from moments that are not zero.
    for (int step = 0; step < 2; ++step)
      entry["losses"].push_back(add_step(*game, c, concat(prefix, step, ".")));
    // Until the running statistics are such that images in evaluation are more than a shade of grey.
    for (int step = 0; step < 40; ++step) game->step(batches(*game, c));
    for (const auto& [name, network] : game->networks())
      if (name == "generator") put(prefix + "generator.", network->state_dict());
    const Tensor z = random_normal({4, nz, 1, 1}, random_);
    put(prefix + "z", z);
    put(prefix + "images", game->generate(z));
    index_.push_back(entry);
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", index_.dump()}});
  }

 private:
  static constexpr int64_t nz = 12, batch = 6;

  json add_step(Game& game, const Case& c, const std::string& prefix) {
    put(prefix + "before.", game.state());
    Generator latents;
    const auto place = find(game.state(), "random.latents")->to_vector<int64_t>();
    latents.set_state({static_cast<uint64_t>(place[0]), static_cast<uint64_t>(place[1])});
    const std::vector<Batch> real = batches(game, c);
    for (size_t i = 0; i < real.size(); ++i) {
      put(concat(prefix, "real", i), real[i].images);
      put(concat(prefix, "z", i), random_normal({batch, nz, 1, 1}, latents));
    }
    json losses = json::object();
    for (const auto& [name, value] : game.step(real)) losses[name] = value;
    put(prefix + "after.", game.state());
    return losses;
  }

  std::vector<Batch> batches(const Game& game, const Case& c) {
    std::vector<Batch> all;
    for (int64_t i = 0; i < game.batches_per_step(); ++i)
      all.push_back({random_uniform({batch, c.channels, c.size, c.size}, random_, -1, 1), {}});
    return all;
  }

  void put(const std::string& name, const Tensor& tensor) { tensors_.emplace_back(name, tensor.clone()); }
  void put(const std::string& prefix, const NamedTensors& state) {
    for (const auto& [name, tensor] : state) put(prefix + name, tensor);
  }

  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{2014};
};

}  // namespace

void dump_dcgan(const std::filesystem::path& file) {
  Dump dump;
  dump.add({.size = 16, .channels = 1, .ngf = 8, .ndf = 8});
  dump.add(
      {.size = 32, .channels = 3, .ngf = 6, .ndf = 4, .lr_d = 5e-4, .label_smoothing = 0.1, .n_critic = 2});
  dump.add({.size = 64, .channels = 3, .ngf = 8, .ndf = 8});
  dump.save(file);
}

void dump_images(const std::filesystem::path& file, const std::filesystem::path& source) {
  const NamedTensors state = load_safetensors(source).tensors;
  require<Error>(!state.empty(), source, ": no tensors");
  // Of the first layer [nz, size / 8 * ngf, 4, 4] and of the last [ngf, channels, 4, 4].
  const Shape first = state.front().second.shape(), last = state.back().second.shape();
  const auto network =
      dcgan_generator({.size = 8 * first[1] / last[0], .channels = last[1], .nz = first[0], .ngf = last[0]});
  network->load_state_dict(state);
  network->eval();
  Generator random(2013);
  const Tensor z = random_normal({4, first[0], 1, 1}, random);
  const NoGrad no_grad;
  save_safetensors(file, {{"z", z}, {"images", (*network)(z).value()}});
}

}  // namespace saddle::test
