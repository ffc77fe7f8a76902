// What spectral normalisation is measured by: singular values, from Eigen's decomposition.
#pragma once
#include <Eigen/SVD>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"
#include "core/error.h"
#include "core/named_tensors.h"

namespace saddle::test {

/// The weight with a row for each extent of that axis.
inline Eigen::MatrixXd matrix_of(const Tensor& weight, int axis) {
  const Variable w = cast(transpose(weight, 0, axis), DType::f64);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(w.value().data<double>(), w.size(0), w.numel() / w.size(0));
}

inline double largest_singular_value(const Eigen::MatrixXd& matrix) {
  return Eigen::BDCSVD<Eigen::MatrixXd>(matrix).singularValues()(0);
}

/// By what the layer whose names begin with `prefix` divides its weight in evaluation: u^T W v.
inline double sigma_of(const NamedTensors& state, const std::string& prefix, int axis) {
  const auto vector = [&](const std::string& name) { return matrix_of(*find(state, prefix + name), 0); };
  return (vector("weight_u").transpose() * matrix_of(*find(state, prefix + "weight_orig"), axis) *
          vector("weight_v"))(0, 0);
}

}  // namespace saddle::test
