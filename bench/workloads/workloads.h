// The training steps that are timed. Each maker prepares networks, optimisers and images on a device and
// gives one step: what training does for one batch that already lies in memory. Weights start as DCGAN's do
// (gan/networks/init.h), and all networks learn by Adam(2e-4, 0.5, 0.999).
#pragma once
#include <functional>

#include "core/random.h"
#include "nn/module.h"
#include "nn/optim.h"

namespace saddle::bench {

struct Workload {
  const char* name;
  int64_t batch, size;
  std::function<void()> (*make)(const Workload& workload, Device device);  ///< gives one step
  bool graph = false;  ///< the step is captured at its third call, and replayed from then on
};

/// 64x64, nz = 100, ngf = ndf = 64: one update of each network on BCE with logits.
std::function<void()> dcgan(const Workload& workload, Device device);
/// DCGAN's networks, the critic without normalisation: one update of the critic with a gradient penalty
/// (lambda 10), one of the generator.
std::function<void()> wgan_gp(const Workload& workload, Device device);
/// 128x128, residual generators of 6 blocks, two PatchGANs: one update of both generators on least squares +
/// 10 cycle + 5 identity, one of both discriminators.
std::function<void()> cyclegan(const Workload& workload, Device device);
/// 256x256, U-Net of 8 downs, PatchGAN on pairs: one update of the discriminator, one of the generator on BCE
/// with logits + 100 L1.
std::function<void()> pix2pix(const Workload& workload, Device device);

/// [batch, 3, size, size], uniform in [-1, 1).
Tensor random_images(const Workload& workload, Generator& random, Device device);
/// The step itself, or one that captures it at its third call: by then there is all memory that steps need.
std::function<void()> maybe_captured(std::function<void()> step, const Workload& workload, Device device);
/// The step of an object with a member step(), captured if the workload says so.
template <class Training>
std::function<void()> step_of(const std::shared_ptr<Training>& training, const Workload& workload,
                              Device device) {
  return maybe_captured([training] { training->step(); }, workload, device);
}
/// Draws the weights of networks, in their order, and moves them.
void prepare(std::initializer_list<nn::Module*> networks, Generator& random, Device device);
inline constexpr nn::AdamOptions adam{.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999};
/// Parameters of two networks that one optimiser trains.
nn::NamedVariables parameters(const nn::Module& a, const nn::Module& b);
/// One update. Gradients are dropped at once: nothing needs their memory until the next.
void minimise(nn::Optimizer& optimizer, const Variable& loss);

/// The mean of |x - y|.
Variable l1(const Variable& x, const Variable& y);
/// The mean of (x - target)^2: least squares (Mao et al., ICCV 2017).
Variable squared_error(const Variable& x, double target);

}  // namespace saddle::bench
