#include "gan/networks/dann.h"

#include "gan/networks/check.h"
#include "nn/modules.h"

namespace saddle {
namespace {

constexpr int64_t kernel = 5;

void check(const DannNetworkOptions& options) {
  const auto [size, channels, width, hidden, domain_hidden, classes] = options;
  check_size("dann", size, 4, 16, 64);
  require<UsageError>(channels > 0 && width > 0 && hidden > 0 && domain_hidden > 0 && classes > 0,
                      "dann: images of ", channels, " channels, layers of ", width, ", ", hidden, " and ",
                      domain_hidden, ", ", classes, " classes");
}

int64_t second_width(const DannNetworkOptions& options) {
  return (3 * options.width + 1) / 2;
}

int64_t feature_count(const DannNetworkOptions& options) {
  const int64_t left = options.size / 4 - 3;
  return second_width(options) * left * left;
}

}  // namespace

std::shared_ptr<nn::Sequential> dann_features(const DannNetworkOptions& options) {
  check(options);
  const int64_t f = options.width;
  return nn::sequential(nn::conv2d(options.channels, f, kernel), nn::relu(), nn::max_pool2d(2),
                        nn::conv2d(f, second_width(options), kernel), nn::relu(), nn::max_pool2d(2),
                        nn::flatten());
}

std::shared_ptr<nn::Sequential> dann_classes(const DannNetworkOptions& options) {
  check(options);
  const int64_t hidden = options.hidden;
  return nn::sequential(nn::linear(feature_count(options), hidden), nn::relu(), nn::linear(hidden, hidden),
                        nn::relu(), nn::linear(hidden, options.classes));
}

std::shared_ptr<nn::Sequential> dann_domain(const DannNetworkOptions& options) {
  check(options);
  const int64_t hidden = options.domain_hidden;
  return nn::sequential(nn::linear(feature_count(options), hidden), nn::relu(), nn::linear(hidden, 1),
                        nn::flatten(0));
}

}  // namespace saddle
