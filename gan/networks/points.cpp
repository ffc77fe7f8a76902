#include "gan/networks/points.h"

#include "nn/modules.h"

namespace saddle {

std::shared_ptr<nn::Sequential> point_generator(const PointNetworkOptions& options) {
  const auto [nz, hidden] = options;
  return nn::sequential(nn::linear(nz, hidden), nn::relu(), nn::linear(hidden, hidden), nn::relu(),
                        nn::linear(hidden, hidden), nn::relu(), nn::linear(hidden, 2),
                        nn::unflatten({2, 1, 1}));
}

std::shared_ptr<nn::Sequential> point_discriminator(const PointNetworkOptions& options) {
  const int64_t hidden = options.hidden;
  return nn::sequential(nn::flatten(), nn::linear(2, hidden), nn::relu(), nn::linear(hidden, hidden),
                        nn::relu(), nn::linear(hidden, hidden), nn::relu(), nn::linear(hidden, 1),
                        nn::flatten(0));
}

}  // namespace saddle
