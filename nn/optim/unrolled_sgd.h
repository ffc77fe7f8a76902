// Learning that can be differentiated: steps of stochastic gradient descent that are operations themselves.
#pragma once
#include <functional>

#include "nn/module.h"

namespace saddle::nn {

/// Trains a network of these initial weights, in the order of its parameters(), by gradient descent with
/// momentum:
///
///   v <- momentum[t] v + dL_t / dw,  w <- w - lr[t] v        for t = 0, 1, .. and v = 0 at first
///
/// `lr` and `momentum` are [steps]; loss(t) computes L_t, a scalar, by calling the network, which meanwhile
/// has the weights of that step. Gives the weights after the last step; the network's own stay as they are.
///
/// What is recorded are the steps too: a loss by the weights that are given back has gradients, as of any
/// computation, by the initial weights that require one, by `lr` and `momentum`, and by all that loss(t) was
/// computed from, such as the data. Memory grows by each step's forward and backward pass. Inside a NoGrad
/// the steps are plain ones, whose graphs are freed as they are walked.
///
/// Throws ShapeError unless lr and momentum are of one length, and as Substituted and grad do.
Variables learn_by_sgd(Module& network, const Variables& weights, const Variable& lr,
                       const Variable& momentum, const std::function<Variable(int64_t step)>& loss);

}  // namespace saddle::nn
