// Networks that are given the class of each sample beside their input, or tell it: how a class gets into any
// of them, and out.
#pragma once
#include "nn/modules/embedding.h"
#include "nn/modules/sequential.h"

namespace saddle {

/// x [N, C, ..] and classes i64 [N] -> [N, C + classes, ..]: behind x's channels one for each class, which is
/// 1 everywhere in samples of that class and 0 in others (Mirza and Osindero, "Conditional Generative
/// Adversarial Nets", arXiv:1411.1784, section 3). Throws UsageError where it is given no classes.
std::shared_ptr<nn::Module> join_class(int64_t classes);

/// A network whose input has the class joined to it: weights are `1.*`.
std::shared_ptr<nn::Sequential> given_class(std::shared_ptr<nn::Sequential> network, int64_t classes);

/// A discriminator that also projects what it sees on a vector of the class: Miyato and Koyama, "cGANs with
/// Projection Discriminator", ICLR 2018, equation 3.
///
///   D(x, y) = psi(phi(x)) + <v[y], phi(x)>
///
/// phi(x), one vector an image, is what the discriminator's last layer with weights is given: in residual
/// networks the sum over all positions, in others all positions side by side. That layer and what follows is
/// psi. Weights are `phi.*`, `psi.*` and v's, `embed.weight` [classes, length of phi(x)], which starts as a
/// linear layer's would.
class ProjectionDiscriminator : public nn::Module {
 public:
  /// `network`: images -> outputs [N]. Throws UsageError unless it has a layer with weights.
  ProjectionDiscriminator(const nn::Sequential& network, int64_t classes);
  /// Throws UsageError: the class is missing.
  Variable forward(const Variable& x) override;
  Variable forward_given(const Variable& x, const Variable& classes) override;

 private:
  std::shared_ptr<nn::Sequential> phi_, psi_;
  std::shared_ptr<nn::Embedding> embed_;
};

/// A discriminator that tells an image's class too, by a linear layer on phi(x) as above: [N] becomes [N, 1 +
/// classes], psi(phi(x)) and the logits of the classes, as the auxiliary classifier of Odena, Olah and
/// Shlens, "Conditional Image Synthesis With Auxiliary Classifier GANs", ICML 2017, shares all layers but the
/// last. Weights are `trunk.*`, those of phi, `heads.0.*`, of psi, and `heads.1.1.*`. Throws as above.
std::shared_ptr<nn::Module> with_class_head(const nn::Sequential& network, int64_t classes);

}  // namespace saddle
