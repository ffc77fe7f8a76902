// Every kernel that updates weights in place. Five steps of every optimiser from random weights along random
// gradients: the weights before and after, the gradients and, after them, the optimiser's state. Names and
// options are PyTorch's. Of the moving average, five updates.
#include <nlohmann/json.hpp>

#include "autograd/ops/random.h"
#include "core/io/safetensors.h"
#include "kernels/optim.h"
#include "nn/optim.h"
#include "tests/ops/record.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

using nlohmann::json;

class Dump {
 public:
  template <class Optimizer, class Options>
  void add(const std::string& kernel, const std::string& name, const json& options, const Options& ours) {
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
    index_.push_back({{"kernel", kernel}, {"optimizer", name}, {"options", options}});
  }

  void add_average(double weight) {
    Tensor average = random_normal({3, 43}, random_);
    put("before", average);
    for (int step = 0; step < 5; ++step) {
      const Tensor x = random_normal(average.shape(), random_);
      put(concat("x", step), x);
      std::vector<kernels::LerpTensors> one = {{average, x, {weight}}};
      kernels::lerp(one);
    }
    put("after", average);
    index_.push_back({{"kernel", "lerp"}, {"weight", weight}});
  }

  void save(const std::filesystem::path& file) const {
    json kernels = json::array();
    for (const Record& record : kernel_table())
      if (record.op != "increment") kernels.push_back(record.op);  // a count, no update of weights
    save_safetensors(file, tensors_, {{"runs", index_.dump()}, {"kernels", kernels.dump()}});
  }

 private:
  void put(const std::string& key, const Tensor& t) {
    tensors_.emplace_back(concat(index_.size(), ".", key), t.clone());
  }

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
              "sgd", "SGD",
              {{"lr", 0.1}, {"momentum", momentum}, {"weight_decay", decay}, {"nesterov", nesterov}},
              nn::SGDOptions{.lr = 0.1, .momentum = momentum, .weight_decay = decay, .nesterov = nesterov});
    const json adam{{"lr", 0.01}, {"betas", {0.5, 0.99}}, {"eps", 1e-6}, {"weight_decay", decay}};
    dump.add<nn::Adam>(
        "adam", "Adam", adam,
        nn::AdamOptions{.lr = 0.01, .beta1 = 0.5, .beta2 = 0.99, .eps = 1e-6, .weight_decay = decay});
    dump.add<nn::AdamW>(
        "adam", "AdamW", adam,
        nn::AdamWOptions{.lr = 0.01, .beta1 = 0.5, .beta2 = 0.99, .eps = 1e-6, .weight_decay = decay});
    for (const double momentum : {0.0, 0.9})
      for (const bool centered : {false, true})
        dump.add<nn::RMSprop>("rmsprop", "RMSprop",
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
  dump.add_average(0.01);
  dump.save(file);
}

}  // namespace saddle::test
