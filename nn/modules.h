// All modules.
#pragma once
#include "nn/modules/activation.h"
#include "nn/modules/conv.h"
#include "nn/modules/dropout.h"
#include "nn/modules/embedding.h"
#include "nn/modules/linear.h"
#include "nn/modules/norm.h"
#include "nn/modules/pad.h"
#include "nn/modules/pool.h"
#include "nn/modules/resample.h"
#include "nn/modules/sequential.h"
#include "nn/modules/shape.h"
#include "nn/modules/spectral_norm.h"
