// Gradient penalties of whole critics with their gradients by all weights, and a WGAN-GP game step by step.
#include <nlohmann/json.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/io/safetensors.h"
#include "gan/game.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/mlp.h"
#include "gan/penalties/penalty.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

constexpr int64_t size = 16, channels = 2, batch = 5;

class Dump {
 public:
  /// The penalty of that name for a critic in its initial weights.
  void add_penalty(const std::string& name, const std::string& norm, nn::Module& critic, DType dtype) {
    critic.reset_parameters(random_);
    critic.to(dtype);
    const auto noise = [&] {
      return Variable(random_normal({batch, channels, size, size}, random_, {.dtype = dtype}), true);
    };
    const Variable real = noise(), fake = noise();
    Variable points;  // where the slope is taken
    const auto judge = [&](const Variable& x) {
      points = x;
      return critic(x);
    };
    const Penalty term = penalty(name);
    const Variable value = term.term(judge, {real, critic(real)}, {fake, critic(fake)}, random_);
    if (term.slope_at_real) points = real;
    if (term.slope_at_fake) points = fake;

    const std::string prefix = concat(index_.size(), ".");
    put(prefix + "points", points.value());
    put(prefix + "value", value.value());
    put(prefix + "state.", critic.state_dict());
    backward(value);
    for (const auto& [key, parameter] : critic.named_parameters())
      if (const Variable gradient = parameter.grad(); gradient.defined())
        put(prefix + "grad." + key, gradient.value());
    index_.push_back({{"kind", "penalty"}, {"penalty", name}, {"norm", norm}});
  }

  /// The game's first `steps` steps: where they start, what they draw and what they lose.
  void add_game(const std::string& norm, int steps) {
    Settings settings(find_model("wgan-gp").options);
    settings.set("size", size);
    settings.set("channels", int64_t{1});
    settings.set("nz", nz);
    settings.set("ngf", int64_t{8});
    settings.set("ndf", int64_t{8});
    settings.set("d-norm", norm);
    const auto game = find_model("wgan-gp").make(settings, Device{});
    const std::string prefix = concat(index_.size(), ".");
    put(prefix + "before.", game->state());
    json losses = json::array();
    for (int step = 0; step < steps; ++step) losses.push_back(add_step(*game, concat(prefix, step, ".")));
    index_.push_back({{"kind", "game"},
                      {"norm", norm},
                      {"size", size},
                      {"channels", 1},
                      {"nz", nz},
                      {"ngf", 8},
                      {"ndf", 8},
                      {"n_critic", game->batches_per_step()},
                      {"lr_g", settings.number("lr-g")},
                      {"lr_d", settings.number("lr-d")},
                      {"betas", {settings.number("beta1"), settings.number("beta2")}},
                      {"losses", losses}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", index_.dump()}});
  }

 private:
  static constexpr int64_t nz = 12;

  json add_step(Game& game, const std::string& prefix) {
    Generator latents = stream(game, "random.latents"), noise = stream(game, "random.discriminator");
    std::vector<Batch> real;
    for (int64_t i = 0; i < game.batches_per_step(); ++i) {
      real.push_back({random_uniform({batch, 1, size, size}, random_, -1, 1), {}});
      put(concat(prefix, "real", i), real.back().images);
      put(concat(prefix, "z", i), random_normal({batch, nz, 1, 1}, latents));
      put(concat(prefix, "t", i), random_uniform({batch, 1, 1, 1}, noise));
    }
    json losses = json::object();
    for (const auto& [name, value] : game.step(real)) losses[name] = value;
    return losses;
  }

  static Generator stream(Game& game, const std::string& name) {
    const auto place = find(game.state(), name)->to_vector<int64_t>();
    Generator random;
    random.set_state({static_cast<uint64_t>(place[0]), static_cast<uint64_t>(place[1])});
    return random;
  }

  void put(const std::string& name, const Tensor& tensor) { tensors_.emplace_back(name, tensor.clone()); }
  void put(const std::string& prefix, const NamedTensors& state) {
    for (const auto& [name, tensor] : state) put(prefix + name, tensor);
  }

  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{1704};
};

}  // namespace

void dump_objectives(const std::filesystem::path& file) {
  Dump dump;
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const std::string& name : penalties()) {
      for (const std::string norm : {"none", "instance", "layer"})
        dump.add_penalty(
            name, norm,
            *dcgan_discriminator(
                {.size = size, .channels = channels, .ndf = 6, .norm = find_normalization(norm)}),
            dtype);
      dump.add_penalty(name, "linear", *mlp_discriminator({.size = size, .channels = channels}), dtype);
    }
  }
  dump.add_game("none", 20);
  dump.add_game("layer", 20);
  dump.save(file);
}

}  // namespace saddle::test
