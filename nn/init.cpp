#include "nn/init.h"

#include <Eigen/QR>
#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "kernels/elementwise.h"
#include "kernels/random.h"

namespace saddle::nn::init {
namespace {

Philox reserve(Generator& generator, const Variable& w) {
  return generator.reserve(static_cast<uint64_t>(w.numel()));
}

double kaiming_std(const Variable& w, const KaimingOptions& options) {
  const Fans f = fans(w);
  return gain(options.nonlinearity, options.a) / std::sqrt(options.mode == FanMode::fan_in ? f.in : f.out);
}

double xavier_std(const Variable& w, double gain) {
  const Fans f = fans(w);
  return gain * std::sqrt(2 / (f.in + f.out));
}

/// Of the given standard deviation, around 0.
void uniform_of_std(const Variable& w, Generator& generator, double std) {
  const double bound = std::sqrt(3.0) * std;
  uniform_(w, generator, -bound, bound);
}

}  // namespace

void constant_(const Variable& w, double value) {
  Tensor target = w.value();
  kernels::fill(target, value);
}

void zeros_(const Variable& w) {
  constant_(w, 0);
}

void ones_(const Variable& w) {
  constant_(w, 1);
}

void uniform_(const Variable& w, Generator& generator, double low, double high) {
  require<UsageError>(low <= high, "uniform_: low ", low, " is above high ", high);
  Tensor target = w.value();
  kernels::uniform(target, low, high, reserve(generator, w));
}

void normal_(const Variable& w, Generator& generator, double mean, double std) {
  require<UsageError>(std::isfinite(std) && std >= 0, "normal_: standard deviation ", std,
                      " is not finite and at least 0");
  Tensor target = w.value();
  kernels::normal(target, mean, std, reserve(generator, w));
}

Fans fans(const Variable& w) {
  require(w.rank() >= 2, "fans: weight ", w.shape(), " has fewer than 2 axes");
  const auto numel = static_cast<double>(w.numel());
  return {.in = numel / static_cast<double>(w.size(0)), .out = numel / static_cast<double>(w.size(1))};
}

double gain(Nonlinearity nonlinearity, double slope) {
  switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      return 1;
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::numbers::sqrt2;
    case Nonlinearity::leaky_relu:
      return std::sqrt(2 / (1 + slope * slope));
  }
  throw Error("gain: not one of the known nonlinearities");
}

void xavier_uniform_(const Variable& w, Generator& generator, double gain) {
  uniform_of_std(w, generator, xavier_std(w, gain));
}

void xavier_normal_(const Variable& w, Generator& generator, double gain) {
  normal_(w, generator, 0, xavier_std(w, gain));
}

void kaiming_uniform_(const Variable& w, Generator& generator, KaimingOptions options) {
  uniform_of_std(w, generator, kaiming_std(w, options));
}

void kaiming_normal_(const Variable& w, Generator& generator, KaimingOptions options) {
  normal_(w, generator, 0, kaiming_std(w, options));
}

void default_(const Variable& w, const Variable& bias, Generator& generator) {
  const double bound = 1 / std::sqrt(fans(w).in);
  uniform_(w, generator, -bound, bound);
  if (bias.defined()) uniform_(bias, generator, -bound, bound);
}

// The Q of a normal matrix is uniform once its sign is fixed by R's diagonal (Mezzadri 2007).
void orthogonal_(const Variable& w, Generator& generator, double gain) {
  require(w.rank() >= 2, "orthogonal_: weight ", w.shape(), " has fewer than 2 axes");
  if (w.numel() == 0) return;
  const int64_t rows = w.size(0), columns = w.numel() / rows;
  const int64_t tall = std::max(rows, columns), wide = std::min(rows, columns);
  const Variable normal = Tensor::empty({tall, wide}, DType::f64);
  normal_(normal, generator);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(
      Eigen::Map<const RowMajor>(normal.value().data<double>(), tall, wide));
  Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(tall, wide);
  for (int64_t j = 0; j < wide; ++j)
    if (qr.matrixQR()(j, j) < 0) q.col(j) *= -1;
  if (rows < columns) q.transposeInPlace();
  const RowMajor scaled = gain * q;
  const std::span<const double> values(scaled.data(), static_cast<size_t>(scaled.size()));
  Tensor target = w.value();
  target.copy_from(cast(Tensor::from(values, w.shape()), w.dtype()).value());
}

}  // namespace saddle::nn::init
