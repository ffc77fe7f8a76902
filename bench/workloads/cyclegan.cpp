#include <optional>

#include "autograd/ops.h"
#include "bench/workloads/workloads.h"
#include "gan/networks/patchgan.h"
#include "gan/networks/resnet_generator.h"
#include "nn/frozen.h"

namespace saddle::bench {
namespace {

/// Two domains, a and b; to_b_ makes images of b from such of a.
class CycleGan {
 public:
  CycleGan(const Workload& workload, Device device) {
    prepare({to_b_.get(), to_a_.get(), judge_a_.get(), judge_b_.get()}, random_, device);
    adam_g_.emplace(parameters(*to_b_, *to_a_), adam);
    adam_d_.emplace(parameters(*judge_a_, *judge_b_), adam);
    a_ = random_images(workload, random_, device);
    b_ = random_images(workload, random_, device);
  }

  void step() {
    const Variable fake_b = (*to_b_)(a_), fake_a = (*to_a_)(b_);
    update_generators(fake_a, fake_b);
    minimise(*adam_d_, judgement(*judge_a_, a_, fake_a.detach()) + judgement(*judge_b_, b_, fake_b.detach()));
  }

 private:
  void update_generators(const Variable& fake_a, const Variable& fake_b) {
    const nn::Frozen frozen_a(*judge_a_), frozen_b(*judge_b_);
    const Variable fooled = squared_error((*judge_b_)(fake_b), 1) + squared_error((*judge_a_)(fake_a), 1);
    const Variable cycle = l1((*to_a_)(fake_b), a_) + l1((*to_b_)(fake_a), b_);
    const Variable identity = l1((*to_b_)(b_), b_) + l1((*to_a_)(a_), a_);
    minimise(*adam_g_, fooled + 10 * cycle + 5 * identity);
  }

  static Variable judgement(nn::Module& judge, const Variable& real, const Variable& fake) {
    return 0.5 * (squared_error(judge(real), 1) + squared_error(judge(fake), 0));
  }

  Generator random_{0};
  std::shared_ptr<nn::Module> to_b_ = resnet_generator({.blocks = 6}),
                              to_a_ = resnet_generator({.blocks = 6});
  std::shared_ptr<nn::Module> judge_a_ = patchgan(), judge_b_ = patchgan();
  std::optional<nn::Adam> adam_g_, adam_d_;
  Tensor a_, b_;
};

}  // namespace

std::function<void()> cyclegan(const Workload& workload, Device device) {
  return step_of(std::make_shared<CycleGan>(workload, device), workload, device);
}

}  // namespace saddle::bench
