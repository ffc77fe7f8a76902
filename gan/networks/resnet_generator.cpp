#include "gan/networks/resnet_generator.h"

#include "nn/modules.h"

namespace saddle {
namespace {

std::shared_ptr<nn::Module> reflect(int64_t border) {
  return nn::reflection_pad2d({border, border, border, border});
}

/// x + b(x).
class Residual : public nn::Module {
 public:
  explicit Residual(int64_t channels)
      : branch_(register_module(
            "b", nn::sequential(reflect(1), nn::conv2d(channels, channels, 3), nn::instance_norm2d(channels),
                                nn::relu(), reflect(1), nn::conv2d(channels, channels, 3),
                                nn::instance_norm2d(channels)))) {}
  Variable forward(const Variable& x) override { return x + (*branch_)(x); }

 private:
  std::shared_ptr<nn::Sequential> branch_;
};

}  // namespace

std::shared_ptr<nn::Sequential> resnet_generator(const ResnetGeneratorOptions& options) {
  const auto [in, out, f, blocks] = options;
  require<UsageError>(in > 0 && out > 0 && f > 0, "resnet_generator: images of ", in, " and ", out,
                      " channels, layers of ", f);
  require<UsageError>(blocks >= 0, "resnet_generator: ", blocks, " blocks");
  auto net = nn::sequential(reflect(3), nn::conv2d(in, f, 7), nn::instance_norm2d(f), nn::relu());
  for (const int64_t width : {f, 2 * f}) {
    net->push(nn::conv2d(width, 2 * width, 3, {.stride = 2, .padding = 1}));
    net->push(nn::instance_norm2d(2 * width)).push(nn::relu());
  }
  for (int64_t i = 0; i < blocks; ++i) net->push(std::make_shared<Residual>(4 * f));
  for (const int64_t width : {2 * f, f}) {
    net->push(nn::conv_transpose2d(2 * width, width, 3, {.stride = 2, .padding = 1, .output_padding = 1}));
    net->push(nn::instance_norm2d(width)).push(nn::relu());
  }
  net->push(reflect(3)).push(nn::conv2d(f, out, 7)).push(nn::tanh());
  return net;
}

}  // namespace saddle
