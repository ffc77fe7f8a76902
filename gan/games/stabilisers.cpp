#include "gan/games/stabilisers.h"

#include <algorithm>

#include "core/error.h"
#include "gan/games/points.h"

namespace saddle {

// clang-format off
std::vector<Option> stabiliser_options() {
  return {
      {"diffaugment", std::string("none"),
       "what the discriminator sees is transformed: a list of color, translation, cutout; or none"},
      {"replay", 0.0, "share of earlier fakes among those that the discriminator learns from", 0, 0.95},
      {"replay-size", int64_t{512}, "earlier fakes that are kept for replay", 1, 1000000},
      {"consistency", 0.0,
       "weight of the discriminator's change of mind when a real image is mirrored and moved; 10 in the paper", 0},
  };
}

std::vector<Option> extras_options() {
  return {
      {"minibatch-stddev", false, "show the discriminator how much the images of a batch differ"},
      {"minibatch-discrimination", false, "show the discriminator how close each image is to those of its batch"},
      {"d-dropout", 0.0, "probability that an activation of the discriminator is dropped", 0, 0.95},
  };
}
// clang-format on

Stabilisers stabilisers(const Settings& settings) {
  const Stabilisers result{.diffaugment = diffaugment_policy(settings.text("diffaugment")),
                           .replay = {settings.number("replay"), settings.integer("replay-size")},
                           .consistency = settings.number("consistency")};
  const bool augmented = result.diffaugment.any(), consistent = result.consistency > 0;
  require<UsageError>(!augmented || !makes_points(settings),
                      "option 'diffaugment': its transformations are of images, not of points");
  require<UsageError>(!consistent || !makes_points(settings),
                      "option 'consistency': its transformation is of images, not of points");
  require<UsageError>(
      !augmented || !consistent,
      "option 'consistency': with diffaugment the discriminator sees no image as it is, which "
      "it could be held to; one of the two will do");
  const double share = result.replay.share * static_cast<double>(settings.integer("batch"));
  require<UsageError>(share <= static_cast<double>(result.replay.size),
                      "option 'replay-size': ", result.replay.size, " images are fewer than the ", share,
                      " of a batch that come from them");
  return result;
}

DiscriminatorExtras discriminator_extras(const Settings& settings) {
  const bool stddev = settings.flag("minibatch-stddev"),
             discrimination = settings.flag("minibatch-discrimination");
  const std::string& penalty = settings.text("penalty");
  require<UsageError>(
      !stddev || !discrimination,
      "option 'minibatch-discrimination': it shows what minibatch-stddev does; one of the two "
      "will do");
  require<UsageError>(!discrimination || penalty == "none",
                      "option 'minibatch-discrimination': it compares samples with each other, but penalty ",
                      penalty, " takes the slope of each by itself");
  const int64_t batch = settings.integer("batch"), group = std::min<int64_t>(batch, 4);
  require<UsageError>(!stddev || (batch > 1 && batch % group == 0), "option 'minibatch-stddev': it compares ",
                      "images four by four, which batch ", batch, " is no multiple of");
  const double dropout = settings.number("d-dropout");
  return {.minibatch = stddev           ? Minibatch::stddev
                       : discrimination ? Minibatch::discrimination
                                        : Minibatch::none,
          .dropout = dropout,
          .random = dropout > 0 ? std::make_shared<Generator>() : nullptr};
}

}  // namespace saddle
