#include "gan/augment/diffaugment.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/random.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace saddle {
namespace {

Variable color(const Variable& x, Generator& random) {
  const auto one_each = [&](double low, double high) -> Variable {
    return random_uniform({x.size(0), 1, 1, 1}, random, low, high, {.device = x.device()});
  };
  const auto further_from = [](const Variable& centre, const Variable& y, const Variable& times) {
    return (y - centre) * times + centre;
  };
  Variable y = x + one_each(-0.5, 0.5);
  y = further_from(mean(y, {1}, true), y, one_each(0, 2));
  return further_from(mean(y, {1, 2, 3}, true), y, one_each(0.5, 1.5));
}

}  // namespace

DiffAugmentPolicy diffaugment_policy(const std::string& text) {
  DiffAugmentPolicy policy;
  if (text == "none") return policy;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, end - at);
    bool* part = word == "color"         ? &policy.color
                 : word == "translation" ? &policy.translation
                 : word == "cutout"      ? &policy.cutout
                                         : nullptr;
    require<UsageError>(part != nullptr, "option 'diffaugment': '", word,
                        "' is not color, translation or cutout, of which it takes a list, or none");
    *part = true;
    at = end + 1;
  }
  return policy;
}

Variable DiffAugment::operator()(const Variable& x, Generator& random) {
  require(x.rank() == 4 && x.dtype() == DType::f32, "diffaugment: ", x.dtype(), x.shape(),
          " is not f32 [N,C,H,W]");
  Variable y = x;
  if (policy_.color) y = color(y, random);
  if (policy_.translation) y = shift_(y, random);
  if (policy_.cutout) y = cut_out(y, random);
  return y;
}

Variable DiffAugment::cut_out(const Variable& x, Generator& random) {
  // The square's centre lies anywhere in the image, and what lies outside of it is lost.
  const auto inside = [&](int axis) {
    const int64_t extent = x.size(axis), side = (extent + 1) / 2;
    const Variable begin =
        random_whole({x.size(0), 1, 1, 1}, -(side / 2), extent - side / 2 - side % 2, random, x.device());
    const Variable places =
        reshape(places_(extent, x.device()), {1, 1, axis == 2 ? extent : 1, axis == 2 ? 1 : extent});
    return cast(ge(places, begin), DType::f32) *
           cast(lt(places, begin + static_cast<double>(side)), DType::f32);
  };
  const Variable rows = inside(2), columns = inside(3);
  return x * (1 - rows * columns);
}

}  // namespace saddle
