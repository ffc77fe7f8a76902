#include "gan/networks/unet.h"

#include <algorithm>

#include "autograd/ops/shape.h"
#include "nn/modules.h"

namespace saddle {
namespace {

class Unet : public nn::Module {
 public:
  Unet(const UnetOptions& options, Generator& dropout)
      : options_(options),
        down_(register_module("down", nn::sequential())),
        up_(register_module("up", nn::sequential())) {
    const int64_t n = options.downs;
    for (int64_t i = 0; i < n; ++i) down_->push(down(i));
    for (int64_t i = n - 1; i >= 0; --i) up_->push(up(i, dropout));
  }

  Variable forward(const Variable& x) override {
    const int64_t n = options_.downs, multiple = int64_t{1} << n;
    require(x.rank() == 4 && x.size(2) % multiple == 0 && x.size(3) % multiple == 0, "unet: input ",
            x.shape(), " is not [N,C,H,W] with H and W multiples of ", multiple);
    Variables skips;
    Variable y = x;
    for (int64_t i = 0; i < n; ++i) {
      y = (*down_)[i](y);
      if (i < n - 1) skips.push_back(y);
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i > 0) {
        y = concat({y, skips.back()}, 1);
        skips.pop_back();
      }
      y = (*up_)[i](y);
    }
    return y;
  }

 private:
  /// Channels after down i, and before the image is made of up i's.
  int64_t width(int64_t i) const { return options_.width * std::min<int64_t>(int64_t{1} << i, 8); }

  /// Batch normalisation shifts by a bias of its own, so only layers without it have one.
  std::shared_ptr<nn::Module> down(int64_t i) const {
    const bool first = i == 0, last = i == options_.downs - 1;
    auto layers = nn::sequential();
    if (!first) layers->push(nn::leaky_relu(0.2));
    layers->push(nn::conv2d(first ? options_.in_channels : width(i - 1), width(i), 4,
                            {.stride = 2, .padding = 1, .bias = first || last}));
    if (!first && !last) layers->push(nn::batch_norm2d(width(i)));
    return layers;
  }

  /// What undoes down i.
  std::shared_ptr<nn::Module> up(int64_t i, Generator& dropout) const {
    const bool outermost = i == 0, innermost = i == options_.downs - 1;
    const int64_t from = innermost ? width(i) : 2 * width(i);
    const int64_t to = outermost ? options_.out_channels : width(i - 1);
    auto layers = nn::sequential(
        nn::relu(), nn::conv_transpose2d(from, to, 4, {.stride = 2, .padding = 1, .bias = outermost}));
    layers->push(outermost ? nn::tanh() : nn::batch_norm2d(to));
    if (i >= 4 && !innermost) layers->push(nn::dropout(0.5, dropout));
    return layers;
  }

  UnetOptions options_;
  std::shared_ptr<nn::Sequential> down_, up_;
};

}  // namespace

std::shared_ptr<nn::Module> unet(const UnetOptions& options, Generator& dropout) {
  const auto [in, out, f, downs] = options;
  require<UsageError>(in > 0 && out > 0 && f > 0, "unet: images of ", in, " and ", out,
                      " channels, layers of ", f);
  require<UsageError>(downs >= 4 && downs <= 16, "unet: ", downs, " downs are not from 4 to 16");
  return std::make_shared<Unet>(options, dropout);
}

}  // namespace saddle
