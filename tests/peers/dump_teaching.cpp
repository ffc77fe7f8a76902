// Losses after a learner's own learning, with their gradients by all that it learned from.
#include <nlohmann/json.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/io/safetensors.h"
#include "gan/networks/gtn.h"
#include "nn/optim/unrolled_sgd.h"
#include "nn/substituted.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

constexpr int64_t size = 8, channels = 2, classes = 3, steps = 3, batch = 6;

class Dump {
 public:
  void add(Normalization norm, DType dtype) {
    const auto learner = gtn_learner({size, channels, 4, classes, norm});
    learner->reset_parameters(random_);
    learner->to(dtype);
    const std::string prefix = std::to_string(cases_.size()) + ".";
    cases_.push_back({{"norm", name_of(norm)}});

    NamedTensors from = learner->state_dict("weights.");
    from.emplace_back("images",
                      random_normal({steps * batch, channels, size, size}, random_, {.dtype = dtype}));
    from.emplace_back("lr", random_uniform({steps}, random_, 0.05, 0.2, {.dtype = dtype}));
    from.emplace_back("momentum", random_uniform({steps}, random_, 0.3, 0.9, {.dtype = dtype}));
    Variables leaves;
    for (const auto& [name, tensor] : from) leaves.emplace_back(tensor.clone(), true);
    const size_t n = leaves.size();
    const Variable images = leaves[n - 3];
    const Tensor labels = some_labels(steps * batch), real_labels = some_labels(batch);
    const Tensor real = random_normal({batch, channels, size, size}, random_, {.dtype = dtype});

    const Variables learned = nn::learn_by_sgd(
        *learner, {leaves.begin(), leaves.end() - 3}, leaves[n - 2], leaves[n - 1], [&](int64_t t) {
          return cross_entropy((*learner)(slice(images, 0, t * batch, (t + 1) * batch)),
                               slice(labels, 0, t * batch, (t + 1) * batch));
        });
    const nn::Substituted substituted(*learner, learned);
    const Variable loss = cross_entropy((*learner)(real), real_labels);
    const Variables gradients = grad({loss}, leaves);
    for (size_t i = 0; i < n; ++i) {
      tensors_.emplace_back(prefix + "from." + from[i].first, leaves[i].value());
      tensors_.emplace_back(prefix + "grad." + from[i].first, gradients[i].value());
    }
    tensors_.insert(tensors_.end(), {{prefix + "labels", labels},
                                     {prefix + "real", real},
                                     {prefix + "real_labels", real_labels},
                                     {prefix + "loss", loss.value()}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"cases", cases_.dump()}});
  }

 private:
  Tensor some_labels(int64_t count) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(random_.below(classes));
    return Tensor::from(values, {count});
  }

  NamedTensors tensors_;
  nlohmann::json cases_ = nlohmann::json::array();
  Generator random_{2019};
};

}  // namespace

void dump_teaching(const std::filesystem::path& file) {
  Dump dump;
  for (const DType dtype : {DType::f32, DType::f64})
    for (const auto norm : {Normalization::none, Normalization::instance, Normalization::layer})
      dump.add(norm, dtype);
  dump.save(file);
}

}  // namespace saddle::test
