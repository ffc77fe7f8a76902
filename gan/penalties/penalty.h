// The penalties on a discriminator's slope by name, as options have them.
#pragma once
#include <string>
#include <vector>

#include "gan/penalties/gradient_penalty.h"

namespace saddle {

/// Images, and the raw outputs [N] that the discriminator gave for them.
struct Judged {
  Variable images, outputs;
  Variable answers =
      {};  ///< [N, answers] in an auxiliary task (gan/losses/auxiliary.h); undefined without one
};

struct Penalty {
  std::string name;
  /// The term of the discriminator's loss, without its weight, a scalar.
  std::function<Variable(const Critic& critic, const Judged& real, const Judged& fake, Generator& random)>
      term;
  double weight = 0;           ///< the paper's
  bool draws = false;          ///< whether the term takes random numbers
  bool slope_at_real = false;  ///< the term is of the outputs at hand: real images require gradients
  bool slope_at_fake = false;
};

/// The names that penalty() knows: wgan-gp, dragan, r1, r2.
std::vector<std::string> penalties();
/// The penalty of that name; throws UsageError for any other, and for one-sided zero-centred ones.
Penalty penalty(const std::string& name, const GradientPenaltyOptions& options = {});

}  // namespace saddle
