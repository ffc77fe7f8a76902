#include "gan/networks/points.h"

#include "nn/modules.h"

namespace saddle {

std::shared_ptr<nn::Sequential> point_generator(const PointNetworkOptions& options) {
  const int64_t nz = options.nz, hidden = options.hidden;
  return nn::sequential(nn::linear(nz, hidden), nn::relu(), nn::linear(hidden, hidden), nn::relu(),
                        nn::linear(hidden, hidden), nn::relu(), nn::linear(hidden, 2),
                        nn::unflatten({2, 1, 1}));
}

std::shared_ptr<nn::Sequential> point_discriminator(const PointNetworkOptions& options,
                                                    const DiscriminatorExtras& extras) {
  auto net = nn::sequential(nn::flatten());
  if (const double steepness = options.steepness; steepness != 1)
    net->push(nn::apply([=](const Variable& x) { return steepness * x; }));
  for (int64_t layer = 0, from = 2; layer < 3; ++layer, from = options.hidden) {
    net->push(nn::linear(from, options.hidden)).push(nn::relu());
    push_dropout(*net, extras);
  }
  net->push(nn::linear(push_minibatch(*net, options.hidden, extras), 1)).push(nn::flatten(0));
  return net;
}

}  // namespace saddle
