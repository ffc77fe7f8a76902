#include "gan/control/movement.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {
namespace {

double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// What one class changed by since the start: of each latent after the first step, then after the second ...
std::vector<double> changes(const std::vector<Tensor>& numbers, int64_t one) {
  const int64_t n = numbers[0].size(0), classes = numbers[0].size(1);
  std::vector<double> all;
  for (size_t step = 1; step < numbers.size(); ++step)
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = i * classes + one;
      all.push_back(double{numbers[step].data<float>()[at]} - numbers[0].data<float>()[at]);
    }
  return all;
}

std::vector<Moved> moved(const std::vector<Tensor>& numbers, int64_t feature) {
  const int64_t n = numbers[0].size(0);
  const std::vector<double> target = changes(numbers, feature);
  std::vector<Moved> all;
  for (int64_t one = 0; one < numbers[0].size(1); ++one) {
    const std::vector<double> other = changes(numbers, one);
    all.push_back({mean_of({other.end() - n, other.end()}), pearson(target, other)});
  }
  return all;
}

}  // namespace

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  require<UsageError>(x.size() == y.size(), "pearson: ", x.size(), " and ", y.size(), " numbers");
  const double mx = mean_of(x), my = mean_of(y);
  double xx = 0, xy = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
    yy += (y[i] - my) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Movement> movements(const Journey& journey, int64_t feature) {
  require<UsageError>(journey.steps() >= 1, "movements: a journey without steps");
  const int64_t classes = journey.logits[0].size(1);
  require<UsageError>(feature >= 0 && feature < classes, "movements: class ", feature, " of ", classes);
  const NoGrad no_grad;
  std::vector<Tensor> probabilities;
  for (const Tensor& logits : journey.logits) probabilities.push_back(softmax(logits, 1).value());
  const std::vector<Moved> of_logits = moved(journey.logits, feature),
                           of_probabilities = moved(probabilities, feature);
  std::vector<Movement> all;
  for (size_t i = 0; i < of_logits.size(); ++i) all.push_back({of_logits[i], of_probabilities[i]});
  return all;
}

}  // namespace saddle
