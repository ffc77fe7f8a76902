// What the two files that call cuDNN share.
#pragma once
#include <cudnn.h>

#include "bench/peers/cudnn.h"
#include "bench/peers/operand.h"

namespace saddle::bench::cudnn {

const Library& library();

/// CUDNN(cudnnCreate)(&handle): the function in the library that was opened.
#define CUDNN(name) (*::saddle::bench::cudnn::library().find<decltype(::name)>(#name))

/// Throws Error that names the call.
void check(const char* what, cudnnStatus_t status);
/// On the device's stream.
cudnnHandle_t handle(Device device);

enum class Layout { nchw, nhwc };
inline const char* name_of(Layout layout) {
  return layout == Layout::nchw ? "NCHW" : "NHWC";
}

/// Larger workspaces than this are not given.
inline constexpr int64_t most_workspace = int64_t{2} << 30;

/// x, w and y of a layer; the layout changes nothing about random numbers.
struct ConvOperands {
  ConvOperands(const ConvLayer& layer, Device device, Precision precision)
      : x(operand(layer.x(), device, precision)),
        w(operand(layer.w(), device, precision)),
        y(operand(layer.y(), device, precision)) {}
  Tensor x, w, y;
};

/// The engines that the graph interface proposes.
Candidates conv_plans(ConvKernel kernel, const ConvLayer& layer, Layout layout, Device device,
                      Precision precision);

}  // namespace saddle::bench::cudnn
