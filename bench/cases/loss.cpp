// Losses: of images against images, of a PatchGAN's logits, and of labelled rows.
#include "kernels/loss.h"
#include "bench/cases.h"
#include "kernels/cross_entropy.h"

namespace saddle::bench {
namespace {

void add_loss(Cases& cases, const char* name, kernels::LossKind kind, const Shape& shape, bool targets,
              Device device) {
  const double scale = 1 / static_cast<double>(shape.numel());
  const kernels::LossRule rule{.kind = kind, .target = 1, .scale = scale};
  const double one = bytes_of({shape}), inputs = targets ? 2 * one : one;
  const auto target_of = [=] { return targets ? numbers(shape, device) : Tensor(); };
  const std::string what = concat(name, targets ? " " : " of one target ", shape.str());
  cases.push_back({.kernel = "loss", .shape = what, .bytes = inputs, .make = [=] {
                     return [=, x = numbers(shape, device), t = target_of(),
                             y = numbers({}, device)]() mutable { kernels::loss(x, t, y, rule); };
                   }});
  cases.push_back({.kernel = "loss_grad", .shape = what, .bytes = inputs + one, .make = [=] {
                     return
                         [=, gy = numbers({}, device), x = numbers(shape, device), t = target_of(),
                          gx = numbers(shape, device)]() mutable { kernels::loss_grad(gy, x, t, gx, rule); };
                   }});
}

void add_cross_entropy(Cases& cases, const Shape& shape, Device device) {
  const Shape rows{shape[0]};
  const auto labels = [=] { return Tensor::zeros(rows, DType::i64, device); };
  cases.push_back({.kernel = "cross_entropy", .shape = shape.str(), .bytes = bytes_of({shape}), .make = [=] {
                     return
                         [=, x = numbers(shape, device), labels = labels(),
                          y = numbers(rows, device)]() mutable { kernels::cross_entropy(x, labels, y, 0); };
                   }});
  cases.push_back(
      {.kernel = "cross_entropy_grad", .shape = shape.str(), .bytes = bytes_of({shape, shape}), .make = [=] {
         return [=, g = numbers(rows, device), x = numbers(shape, device), labels = labels(),
                 gx = numbers(shape, device)]() mutable { kernels::cross_entropy_grad(g, x, labels, gx, 0); };
       }});
}

}  // namespace

Cases loss_cases(const Setting& setting) {
  Cases cases;
  const bool small = setting.scale == Scale::small;
  const Shape images = small ? Shape{1, 3, 32, 32} : Shape{8, 3, 256, 256};
  add_loss(cases, "l1", kernels::LossKind::l1, images, true, setting.device);
  add_loss(cases, "mse", kernels::LossKind::mse, images, true, setting.device);
  add_loss(cases, "bce", kernels::LossKind::bce, images, false, setting.device);
  add_loss(cases, "bce", kernels::LossKind::bce, {small ? 2 : 128}, false, setting.device);
  add_cross_entropy(cases, small ? Shape{2, 33} : Shape{4096, 1000}, setting.device);
  return cases;
}

}  // namespace saddle::bench
