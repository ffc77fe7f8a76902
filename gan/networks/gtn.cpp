#include "gan/networks/gtn.h"

#include "gan/networks/check.h"
#include "gan/networks/conditional.h"
#include "nn/modules.h"

namespace saddle {
namespace {

constexpr double slope = 0.1;

void check(int64_t size, std::initializer_list<int64_t> widths) {
  check_size("gtn", size, 4, 8, 64);
  check_widths("gtn", widths);
}

}  // namespace

std::shared_ptr<nn::Sequential> gtn_generator(const GtnGeneratorOptions& options) {
  const auto [size, channels, nz, f, classes] = options;
  check(size, {channels, nz, f, classes});
  const int64_t small = size / 4, hidden = 16 * f;
  return nn::sequential(join_class(classes),  //
                        nn::linear(nz + classes, hidden), nn::group_norm(1, hidden), nn::leaky_relu(slope),
                        nn::linear(hidden, 2 * f * small * small), nn::unflatten({2 * f, small, small}),
                        nn::group_norm(1, 2 * f), nn::leaky_relu(slope),  //
                        nn::upsample(2), nn::conv2d(2 * f, f, 3, {.padding = 1}), nn::group_norm(1, f),
                        nn::leaky_relu(slope),  //
                        nn::upsample(2), nn::conv2d(f, channels, 3, {.padding = 1}), nn::tanh());
}

std::shared_ptr<nn::Sequential> gtn_learner(const GtnLearnerOptions& options) {
  const auto [size, channels, f, classes, norm] = options;
  check(size, {channels, f, classes});
  require<UsageError>(norm != Normalization::batch,
                      "gtn: a learner with batch normalisation would tell images by those beside them");
  const auto net = nn::sequential();
  const auto half = [&](int64_t in, int64_t out) {
    // Instance norm would take a bias off.
    net->push(nn::conv2d(in, out, 3, {.stride = 2, .padding = 1, .bias = norm != Normalization::instance}));
    if (const auto layer = normalization(norm, out)) net->push(layer);
    net->push(nn::leaky_relu(slope));
  };
  half(channels, f);
  half(f, 2 * f);
  net->push(nn::flatten()).push(nn::linear(2 * f * (size / 4) * (size / 4), 4 * f));
  if (norm != Normalization::none) net->push(nn::group_norm(1, 4 * f));
  net->push(nn::leaky_relu(slope)).push(nn::linear(4 * f, classes));
  return net;
}

}  // namespace saddle
