#include <optional>

#include "autograd/ops.h"
#include "bench/workloads/workloads.h"
#include "gan/networks/dcgan.h"
#include "gan/penalties/gradient_penalty.h"
#include "nn/frozen.h"

namespace saddle::bench {
namespace {

class WganGp {
 public:
  WganGp(const Workload& workload, Device device)
      : generator_(dcgan_generator({.size = workload.size})),
        critic_(dcgan_discriminator({.size = workload.size, .norm = Normalization::none})),
        latents_{workload.batch, 100, 1, 1} {
    prepare({generator_.get(), critic_.get()}, random_, device);
    adam_g_.emplace(generator_->named_parameters(), adam);
    adam_c_.emplace(critic_->named_parameters(), adam);
    real_ = random_images(workload, random_, device);
  }

  void step() {
    const Variable fake = (*generator_)(random_normal(latents_, random_, {.device = real_.device()}));
    update_critic(fake.detach());
    const nn::Frozen frozen(*critic_);
    minimise(*adam_g_, -mean((*critic_)(fake)));
  }

 private:
  void update_critic(const Variable& fake) {
    const auto critic = [&](const Variable& x) { return (*critic_)(x); };
    const Variable distance = mean(critic(fake)) - mean(critic(real_));
    minimise(*adam_c_, distance + 10 * gradient_penalty(critic, real_, fake, random_));
  }

  Generator random_{0};
  std::shared_ptr<nn::Module> generator_, critic_;
  std::optional<nn::Adam> adam_g_, adam_c_;
  Shape latents_;
  Tensor real_;
};

}  // namespace

std::function<void()> wgan_gp(const Workload& workload, Device device) {
  return step_of(std::make_shared<WganGp>(workload, device), workload, device);
}

}  // namespace saddle::bench
