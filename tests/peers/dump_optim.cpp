// Five steps of every optimiser from random weights along random gradients: the weights before and after, the
// gradients and, after them, the optimiser's state. Names and options are PyTorch's.
#include <nlohmann/json.hpp>

#include "autograd/ops/random.h"
#include "core/io/safetensors.h"
#include "nn/optim.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

class Dump {
 public:
  template <class Optimizer, class Options>
  void add(const std::string& name, const json& options, const Options& ours) {
    const std::string prefix = concat(index_.size(), ".");
    const auto put = [&](const std::string& key, const Tensor& t) {
      tensors_.emplace_back(prefix + key, t.clone());
    };
    Variable p(random_uniform({3, 43}, random_, -1, 1), true);
    put("before", p.value());
    Optimizer optimizer({{"p", p}}, ours);
    for (int step = 0; step < 5; ++step) {
      const Tensor g = random_normal(p.shape(), random_);
      put(concat("gradient", step), g);
      p.set_grad(g);
      optimizer.step();
    }
    put("after", p.value());
    for (const auto& [key, tensor] : optimizer.state()) put("state." + key, tensor);
    index_.push_back({{"optimizer", name}, {"options", options}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"runs", index_.dump()}});
  }

 private:
  NamedTensors tensors_;
  json index_ = json::array();
  Generator random_{2015};
};

}  // namespace

void dump_optim(const std::filesystem::path& file) {
  Dump dump;
  for (const double decay : {0.0, 0.1}) {
    for (const double momentum : {0.0, 0.9})
      for (const bool nesterov : {false, true})
        if (momentum > 0 || !nesterov)
          dump.add<nn::SGD>(
              "SGD", {{"lr", 0.1}, {"momentum", momentum}, {"weight_decay", decay}, {"nesterov", nesterov}},
              nn::SGDOptions{.lr = 0.1, .momentum = momentum, .weight_decay = decay, .nesterov = nesterov});
    const json adam{{"lr", 0.01}, {"betas", {0.5, 0.99}}, {"eps", 1e-6}, {"weight_decay", decay}};
    dump.add<nn::Adam>(
        "Adam", adam,
        nn::AdamOptions{.lr = 0.01, .beta1 = 0.5, .beta2 = 0.99, .eps = 1e-6, .weight_decay = decay});
    dump.add<nn::AdamW>(
        "AdamW", adam,
        nn::AdamWOptions{.lr = 0.01, .beta1 = 0.5, .beta2 = 0.99, .eps = 1e-6, .weight_decay = decay});
    for (const double momentum : {0.0, 0.9})
      for (const bool centered : {false, true})
        dump.add<nn::RMSprop>("RMSprop",
                              {{"lr", 0.01},
                               {"alpha", 0.9},
                               {"eps", 1e-6},
                               {"weight_decay", decay},
                               {"momentum", momentum},
                               {"centered", centered}},
                              nn::RMSpropOptions{.lr = 0.01,
                                                 .alpha = 0.9,
                                                 .eps = 1e-6,
                                                 .weight_decay = decay,
                                                 .momentum = momentum,
                                                 .centered = centered});
  }
  dump.save(file);
}

}  // namespace saddle::test
