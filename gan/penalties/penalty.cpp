#include "gan/penalties/penalty.h"

#include "core/error.h"

namespace saddle {
namespace {

/// Gulrajani et al. 2017, algorithm 1: 10.
Penalty wgan_gp(const GradientPenaltyOptions& options) {
  return {.name = "wgan-gp",
          .term =
              [=](const Critic& critic, const Judged& real, const Judged& fake, Generator& random) {
                return gradient_penalty(critic, real.images, fake.images, random, options);
              },
          .weight = 10,
          .draws = true};
}

/// Kodali et al. 2017, algorithm 1: 10.
Penalty dragan(const GradientPenaltyOptions& options) {
  return {.name = "dragan",
          .term = [=](const Critic& critic, const Judged& real, const Judged&,
                      Generator& random) { return dragan_penalty(critic, real.images, random, options); },
          .weight = 10,
          .draws = true};
}

/// Mescheder et al. 2018, section 6: gamma = 10. R2 likewise.
Penalty r1(const GradientPenaltyOptions&) {
  return {.name = "r1",
          .term = [](const Critic&, const Judged& real, const Judged&,
                     Generator&) { return zero_centred_penalty(real.images, real.outputs); },
          .weight = 10,
          .slope_at_real = true};
}

Penalty r2(const GradientPenaltyOptions&) {
  return {.name = "r2",
          .term = [](const Critic&, const Judged&, const Judged& fake,
                     Generator&) { return zero_centred_penalty(fake.images, fake.outputs); },
          .weight = 10,
          .slope_at_fake = true};
}

using Make = Penalty (*)(const GradientPenaltyOptions&);
constexpr std::pair<const char*, Make> all[] = {
    {"wgan-gp", wgan_gp}, {"dragan", dragan}, {"r1", r1}, {"r2", r2}};

}  // namespace

std::vector<std::string> penalties() {
  std::vector<std::string> names;
  for (const auto& [name, make] : all) names.push_back(name);
  return names;
}

Penalty penalty(const std::string& name, const GradientPenaltyOptions& options) {
  for (const auto& [known, make] : all) {
    if (name != known) continue;
    Penalty made = make(options);
    require<UsageError>(!options.one_sided || !(made.slope_at_real || made.slope_at_fake), "penalty ", name,
                        ": slopes of 0 are its aim, so it has one side already");
    return made;
  }
  throw UsageError("there is no penalty '" + name + "'");
}

}  // namespace saddle
