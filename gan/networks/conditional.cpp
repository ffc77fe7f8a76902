#include "gan/networks/conditional.h"

#include "autograd/ops.h"
#include "gan/networks/heads.h"
#include "nn/init.h"
#include "nn/modules/linear.h"
#include "nn/modules/shape.h"
#include "nn/modules/spectral_norm.h"

namespace saddle {
namespace {

class JoinClass : public nn::Module {
 public:
  explicit JoinClass(int64_t classes) : classes_(classes) {}
  Variable forward(const Variable&) override { throw UsageError("a network that is given classes got none"); }
  Variable forward_given(const Variable& x, const Variable& classes) override {
    const Variable ones = one_hot(classes, classes_, x.dtype());
    Shape shape{x.size(0), classes_}, wide = x.shape();
    while (shape.rank() < x.rank()) shape.push_back(1);
    wide.set(1, classes_);
    return concat({x, expand(reshape(ones, shape), wide)}, 1);
  }

 private:
  int64_t classes_;
};

/// Added to what a linear layer gives, it starts as that one does.
class ClassVectors : public nn::Embedding {
 public:
  using Embedding::Embedding;

 private:
  void reset(Generator& generator) override {
    nn::init::default_(weight, {}, generator);
    WeightedLayer::reset(generator);
  }
};

/// A discriminator, cut before its last layer with weights.
struct Halves {
  std::shared_ptr<nn::Sequential> phi, psi;
  int64_t length;  ///< of the features phi(x) of an image, all positions together
};

Halves halves(const nn::Sequential& network) {
  int64_t last = network.size() - 1;
  while (last >= 0 && dynamic_cast<nn::WeightedLayer*>(&network[last]) == nullptr) --last;
  require<UsageError>(last >= 0, "a discriminator of classes: a network without layers");
  return {network.part(0, last), network.part(last, network.size()),
          dynamic_cast<nn::WeightedLayer&>(network[last]).weight.numel()};
}

}  // namespace

std::shared_ptr<nn::Module> join_class(int64_t classes) {
  return std::make_shared<JoinClass>(classes);
}

std::shared_ptr<nn::Sequential> given_class(std::shared_ptr<nn::Sequential> network, int64_t classes) {
  return nn::sequential(join_class(classes), network);
}

ProjectionDiscriminator::ProjectionDiscriminator(const nn::Sequential& network, int64_t classes) {
  const auto [phi, psi, length] = halves(network);
  phi_ = register_module("phi", phi);
  psi_ = register_module("psi", psi);
  embed_ = register_module("embed", std::make_shared<ClassVectors>(classes, length));
}

Variable ProjectionDiscriminator::forward(const Variable&) {
  throw UsageError("a discriminator that is given classes got none");
}

Variable ProjectionDiscriminator::forward_given(const Variable& x, const Variable& classes) {
  const Variable features = (*phi_)(x);
  const Variable of_class = (*embed_)(classes)*reshape(features, {x.size(0), -1});
  return (*psi_)(features) + sum(of_class, {1});
}

std::shared_ptr<nn::Module> with_class_head(const nn::Sequential& network, int64_t classes) {
  const auto [phi, psi, length] = halves(network);
  psi->push(nn::unflatten({1}));
  const auto head = nn::sequential(nn::flatten(), nn::linear(length, classes));
  return std::make_shared<Heads>(phi, std::vector<std::shared_ptr<nn::Module>>{psi, head});
}

}  // namespace saddle
