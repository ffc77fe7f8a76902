#include "gan/networks/self_attention.h"

#include <algorithm>

#include "autograd/ops.h"
#include "nn/init.h"

namespace saddle {
namespace {

std::shared_ptr<nn::Conv2d> conv1(int64_t in, int64_t out) {
  return nn::conv2d(in, out, 1, {.bias = false});
}

int64_t share(int64_t channels, int64_t of) {
  return std::max<int64_t>(channels / of, 1);
}

/// [N, C, H, W] -> [N, C, H W].
Variable positions(const Variable& x) {
  return reshape(x, {x.size(0), x.size(1), -1});
}

}  // namespace

SelfAttention::SelfAttention(int64_t channels) {
  register_parameter("gamma", gamma, {}, 0);
  theta_ = register_module("theta", conv1(channels, share(channels, 8)));
  phi_ = register_module("phi", conv1(channels, share(channels, 8)));
  g_ = register_module("g", conv1(channels, share(channels, 2)));
  o_ = register_module("o", conv1(share(channels, 2), channels));
}

Variable SelfAttention::forward(const Variable& x) {
  const auto pooled = [](const Variable& y) { return positions(max_pool2d(y, {2, 2})); };
  const Variable theta = positions((*theta_)(x)), phi = pooled((*phi_)(x)), g = pooled((*g_)(x));
  const Variable beta = softmax(matmul(theta, phi, {.trans_a = true}), -1);  // [N, H W, H W / 4]
  const Variable seen = matmul(g, beta, {.trans_b = true});
  return x + gamma * (*o_)(reshape(seen, {x.size(0), -1, x.size(2), x.size(3)}));
}

void SelfAttention::reset(Generator&) {
  nn::init::zeros_(gamma);
}

}  // namespace saddle
