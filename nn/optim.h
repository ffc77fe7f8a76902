// All optimisers.
#pragma once
#include "nn/optim/adam.h"
#include "nn/optim/rmsprop.h"
#include "nn/optim/sgd.h"
#include "nn/optim/unrolled_sgd.h"
