#include "gan/networks/patchgan.h"

#include <algorithm>

#include "nn/modules.h"

namespace saddle {

std::shared_ptr<nn::Sequential> patchgan(const PatchganOptions& options) {
  const auto [channels, f, halvings, norm] = options;
  require<UsageError>(channels > 0 && f > 0 && halvings > 0, "patchgan: images of ", channels,
                      " channels, layers of ", f, ", ", halvings, " halvings");
  auto net = nn::sequential(nn::conv2d(channels, f, 4, {.stride = 2, .padding = 1}), nn::leaky_relu(0.2));
  int64_t width = f;
  for (int64_t i = 1; i <= halvings; ++i) {
    const int64_t next = std::min(2 * width, 8 * f);
    net->push(nn::conv2d(width, next, 4, {.stride = i < halvings ? 2 : 1, .padding = 1}));
    if (const auto layer = normalization(norm, next, false)) net->push(layer);
    net->push(nn::leaky_relu(0.2));
    width = next;
  }
  net->push(nn::conv2d(width, 1, 4, {.padding = 1}));
  return net;
}

}  // namespace saddle
