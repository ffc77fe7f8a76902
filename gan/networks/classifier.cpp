#include "gan/networks/classifier.h"

#include "nn/modules.h"

namespace saddle {

std::shared_ptr<nn::Sequential> classifier_network(const ClassifierOptions& options) {
  const auto [size, channels, f, classes] = options;
  require<UsageError>(size > 0 && channels > 0 && f > 0 && classes > 0, "classifier: images of ", size,
                      " pixels and ", channels, " channels, layers of ", f, ", ", classes, " classes");
  const auto net = nn::sequential();
  const auto block = [&](int64_t in, int64_t out, int64_t stride) {
    net->push(nn::conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}));
    net->push(nn::batch_norm2d(out));
    net->push(nn::relu());
  };
  block(channels, f, 1);
  block(f, 2 * f, 2);
  block(2 * f, 4 * f, 2);
  for (int64_t left = (size + 3) / 4; left > 8; left = (left + 1) / 2) block(4 * f, 4 * f, 2);
  net->push(nn::adaptive_avg_pool2d(1));
  net->push(nn::flatten());
  net->push(nn::linear(4 * f, classes));
  return net;
}

}  // namespace saddle
