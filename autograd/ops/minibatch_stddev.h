// The statistic of a minibatch that lets a discriminator see how much its samples vary.
#pragma once
#include "autograd/variable.h"

namespace saddle {

struct MinibatchStddevOptions {
  int64_t group_size = 4;    ///< samples compared with each other; the batch, if that is smaller
  int64_t num_channels = 1;  ///< statistics appended, each of a share of the channels
};
/// x[N,C,..] with num_channels channels appended that hold, over each group of samples, the standard
/// deviation averaged over positions and over the channels of the share (Karras et al., ICLR 2018, section 3;
/// in groups, Karras et al., CVPR 2020). Sample n belongs to group n mod (N / group_size). Throws ShapeError
/// unless the group's size divides N and num_channels divides C.
Variable minibatch_stddev(const Variable& x, const MinibatchStddevOptions& options = {});
/// The fused derivative, an op of its own so that it can be differentiated again: the gradient by x. Also
/// throws unless gy has the output's shape and x's dtype.
Variable minibatch_stddev_grad(const Variable& gy, const Variable& x,
                               const MinibatchStddevOptions& options = {});

}  // namespace saddle
