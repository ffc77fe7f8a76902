#include <optional>

#include "autograd/ops.h"
#include "bench/workloads/workloads.h"
#include "gan/losses/adversarial.h"
#include "gan/networks/patchgan.h"
#include "gan/networks/unet.h"
#include "nn/frozen.h"

namespace saddle::bench {
namespace {

/// Makes images of b from those of a that they are paired with.
class Pix2Pix {
 public:
  Pix2Pix(const Workload& workload, Device device) {
    prepare({generator_.get(), discriminator_.get()}, random_, device);
    adam_g_.emplace(generator_->named_parameters(), adam);
    adam_d_.emplace(discriminator_->named_parameters(), adam);
    a_ = random_images(workload, random_, device);
    b_ = random_images(workload, random_, device);
  }

  void step() {
    const Variable fake = (*generator_)(a_);
    minimise(*adam_d_, 0.5 * bce_.discriminator(judge(b_), judge(fake.detach())));
    const nn::Frozen frozen(*discriminator_);
    minimise(*adam_g_, bce_.generator(judge(fake)) + 100 * l1(fake, b_));
  }

 private:
  /// As b's counterpart of a_.
  Variable judge(const Variable& b) { return (*discriminator_)(concat({a_, b}, 1)); }

  Generator random_{0};
  std::shared_ptr<nn::Module> generator_ = unet({}, random_);
  std::shared_ptr<nn::Module> discriminator_ = patchgan({.channels = 6, .norm = Normalization::batch});
  AdversarialLoss bce_ = bce_loss();
  std::optional<nn::Adam> adam_g_, adam_d_;
  Tensor a_, b_;
};

}  // namespace

std::function<void()> pix2pix(const Workload& workload, Device device) {
  return step_of(std::make_shared<Pix2Pix>(workload, device), workload, device);
}

}  // namespace saddle::bench
