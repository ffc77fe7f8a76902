#include "gan/control/direction.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {
namespace {

/// So many images pass through both networks at once, which bounds the memory of the graph.
constexpr int64_t moved_at_once = 32;
/// What is left of a vector that lies among others is rounding if it is shorter than this share of it.
constexpr double rounding = 1e-5;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double length(const Vector& a) {
  return std::sqrt(dot(a, a));
}

/// The unit vector along what of `v` is orthogonal to `basis`, which is orthonormal; empty if that is
/// nothing. Subtracted twice, as the first time leaves rounding of the size of v.
Vector orthogonal_part(Vector v, const std::vector<Vector>& basis) {
  const double before = length(v);
  for (int time = 0; time < 2; ++time)
    for (const Vector& b : basis) {
      const double along = dot(v, b);
      for (size_t i = 0; i < v.size(); ++i) v[i] -= along * b[i];
    }
  const double left = length(v);
  if (!(left > rounding * before)) return {};
  for (double& x : v) x /= left;
  return v;
}

/// Row `i` of [N, ...], its first `count` numbers.
Vector row(const Tensor& all, int64_t i, int64_t count) {
  const auto* from = all.data<float>() + i * (all.numel() / all.size(0));
  return {from, from + count};
}

/// Turns the first `count` numbers of latent `i` by `angle` towards the first slope, which climbs, and along
/// none of the others.
void turn(Tensor& latents, int64_t i, int64_t count, const std::vector<Tensor>& slopes, double angle) {
  const Vector start = row(latents, i, count);
  std::vector<Vector> basis;
  const auto add = [&](const Vector& v) {
    if (Vector part = orthogonal_part(v, basis); !part.empty()) basis.push_back(std::move(part));
  };
  add(start);
  for (size_t held = 1; held < slopes.size(); ++held) add(row(slopes[held], i, count));
  const Vector way = orthogonal_part(row(slopes[0], i, count), basis);
  if (way.empty()) return;
  const double along = std::cos(angle), across = std::sin(angle) * length(start);
  auto* out = latents.data<float>() + i * (latents.numel() / latents.size(0));
  for (size_t k = 0; k < way.size(); ++k) out[k] = static_cast<float>(along * start[k] + across * way[k]);
}

/// The journey of few latents.
Journey follow(Game& generator, Classifier& classifier, const Tensor& latents, const Tensor& labels,
               const DirectionOptions& options) {
  std::vector<int64_t> features = {options.feature};
  features.insert(features.end(), options.hold.begin(), options.hold.end());
  Journey journey;
  Tensor here = latents.to(Device{}).clone();
  for (int64_t step = 0; step <= options.steps; ++step) {
    const bool last = step == options.steps;
    const GradMode mode(!last);
    const Variable z(here.to(classifier.device()), !last);
    const Variable logits = classifier.logits(generator.images_from(z, labels));
    journey.latents.push_back(here.clone());
    journey.logits.push_back(logits.value().to(Device{}));
    if (last) break;
    std::vector<Tensor> slopes;
    for (const int64_t feature : features)
      slopes.push_back(
          grad({sum(slice(logits, 1, feature, feature + 1))}, {z}, {.retain_graph = true})[0].value().to(
              Device{}));
    for (int64_t i = 0; i < here.size(0); ++i)
      turn(here, i, generator.normal_numbers(), slopes, options.angle);
  }
  return journey;
}

/// Puts the second behind the first.
void append(Tensor& all, const Tensor& more) {
  const NoGrad no_grad;
  all = concat({all, more}, 0).value();
}

void check(const Game& generator, const Classifier& classifier, const DirectionOptions& options) {
  const int64_t classes = classifier.class_count();
  const auto known = [&](int64_t feature) {
    require<UsageError>(feature >= 0 && feature < classes, "direction: class ", feature,
                        ": the classifier knows ", classes, ", from 0 on");
  };
  known(options.feature);
  for (const int64_t held : options.hold) {
    known(held);
    require<UsageError>(held != options.feature, "direction: class ", held, " is to rise and is held too");
  }
  const auto held = static_cast<int64_t>(options.hold.size());
  require<UsageError>(held + 1 < generator.normal_numbers(), "direction: with ", held,
                      " classes held, latents of ", generator.normal_numbers(),
                      " normal numbers have nowhere to go");
  require<UsageError>(options.angle > 0 && options.angle <= std::numbers::pi / 2 && options.steps >= 1,
                      "direction: ", options.steps, " steps of angle ", options.angle);
}

}  // namespace

Journey follow_direction(Game& generator, Classifier& classifier, const Tensor& latents, const Tensor& labels,
                         const DirectionOptions& options) {
  check(generator, classifier, options);
  Journey whole;
  for (int64_t first = 0; first < latents.size(0); first += moved_at_once) {
    const NoGrad no_grad;
    const auto piece = [&](const Tensor& all) {
      return slice(all, 0, first, std::min(first + moved_at_once, all.size(0))).value();
    };
    const Journey journey =
        follow(generator, classifier, piece(latents), labels.defined() ? piece(labels) : Tensor(), options);
    if (first == 0) {
      whole = journey;
      continue;
    }
    for (size_t step = 0; step < journey.latents.size(); ++step) {
      append(whole.latents[step], journey.latents[step]);
      append(whole.logits[step], journey.logits[step]);
    }
  }
  return whole;
}

}  // namespace saddle
