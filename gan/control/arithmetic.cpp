#include "gan/control/arithmetic.h"

#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {
namespace {

constexpr uint32_t neighbours_stream = 0x6A3E0303;

}  // namespace

Tensor mean_latent(const Tensor& latents) {
  const NoGrad no_grad;
  return mean(latents, {0}, true).value();
}

Tensor latent_arithmetic(const Tensor& a, const Tensor& b, const Tensor& c) {
  const Tensor from = mean_latent(a), less = mean_latent(b), more = mean_latent(c);
  require(from.shape() == less.shape() && from.shape() == more.shape(), "latent_arithmetic: latents ",
          a.shape(), ", ", b.shape(), " and ", c.shape(), " differ in more than their number");
  const NoGrad no_grad;
  return (from - Variable(less) + more).value();
}

Tensor neighbours(const Tensor& latent, int64_t count, double spread, uint64_t seed) {
  require<UsageError>(count > 0 && spread > 0, "neighbours: ", count, " within ", spread);
  Shape shape = latent.shape();
  shape.set(0, count);
  Generator random(derive_seed(seed, neighbours_stream));
  const NoGrad no_grad;
  return (latent + Variable(random_uniform(shape, random, -spread, spread))).value();
}

}  // namespace saddle
