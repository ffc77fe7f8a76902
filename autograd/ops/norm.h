// Normalisation: y = (x - mean) / sqrt(var + eps) * weight + bias, with the mean and the (biased) variance of
// some axes. x is [N,C,..] of f32 or f64. weight and bias, where there are any, have x's dtype and a number
// for each channel, [C], or for each channel of each sample, [N,C]: with batch norm that is conditional batch
// norm (de Vries et al., NeurIPS 2017). All throw ShapeError for shapes that do not fit and where a mean
// would be of nothing. An activation that follows costs no pass over memory where it is asked for here; of
// those, tanh is refused, except in evaluation.
#pragma once
#include "autograd/ops/activation.h"
#include "autograd/variable.h"
#include "kernels/norm.h"

namespace saddle {

/// What a normalisation divided by: f64, a number for each mean taken.
struct NormStatistics {
  Tensor mean;
  Tensor var;  ///< biased: that of the elements themselves
};

/// Each channel over the batch and all positions (Ioffe and Szegedy, ICML 2015): batch norm in training. The
/// statistics, each [C], are handed out for running averages.
Variable batch_norm(const Variable& x, const Variable& weight = {}, const Variable& bias = {},
                    double eps = 1e-5, NormStatistics* taken = nullptr, const Activation& activation = {});
/// With given statistics, each [C]: batch norm in evaluation.
Variable batch_norm_eval(const Variable& x, const Variable& mean, const Variable& var, const Variable& weight,
                         const Variable& bias, double eps = 1e-5, const Activation& activation = {});
/// Each channel of each sample over its positions (Ulyanov et al., arXiv:1607.08022).
Variable instance_norm(const Variable& x, const Variable& weight = {}, const Variable& bias = {},
                       double eps = 1e-5, const Activation& activation = {});
/// Over the last axes, whose extents are `normalized`; weight and bias are of that shape (Ba et al.,
/// arXiv:1607.06450).
Variable layer_norm(const Variable& x, const Shape& normalized, const Variable& weight = {},
                    const Variable& bias = {}, double eps = 1e-5, const Activation& activation = {});
/// Each sample by `groups` of neighbouring channels, over their positions (Wu and He, ECCV 2018).
Variable group_norm(const Variable& x, int64_t groups, const Variable& weight = {}, const Variable& bias = {},
                    double eps = 1e-5, const Activation& activation = {});

/// Instance norm with a scale and a shift, each [N,C], of every sample's own: adaptive instance normalisation
/// (Huang and Belongie, ICCV 2017, equation 8; Karras et al., CVPR 2019, equation 1).
Variable adain(const Variable& x, const Variable& scale, const Variable& shift, double eps = 1e-5,
               const Activation& activation = {});

// The fused derivatives of those with kernels, ops of their own so that they can be differentiated again.

struct NormGradients {
  Variable gx, gw, gb;  ///< undefined where not wanted
};
/// From one pass over gy and x, by the formulas of kernels/norm.h: the gradients by x, by weight and by bias,
/// the latter two of shape [C], or [N,C] with own_affine, each if `wanted` has its bit. `statistics` must be
/// those of x. bias is read only for the activation.
NormGradients norm_grad(const Variable& gy, const Variable& x, const Variable& weight, const Variable& bias,
                        const NormStatistics& statistics, const kernels::NormLayout& layout,
                        const Activation& activation = {}, uint32_t wanted = 7);

}  // namespace saddle
