#include "bench/peers/cudnn.h"

#include "bench/gpu_work.h"
#include "bench/peers/cudnn_api.h"

namespace saddle::bench::cudnn {
namespace {

/// A descriptor that is given back.
template <class Descriptor>
class Owned {
 public:
  using Give = cudnnStatus_t(Descriptor);
  Owned(const char* what, cudnnStatus_t (*make)(Descriptor*), Give* give_back) : give_back_(give_back) {
    check(what, make(&descriptor_));
  }
  Owned(const Owned&) = delete;
  ~Owned() { give_back_(descriptor_); }
  operator Descriptor() const { return descriptor_; }

 private:
  Descriptor descriptor_{};
  Give* give_back_;
};

#define OWNED(Type)                                              \
  Owned<cudnn##Type##_t> {                                       \
#Type, &CUDNN(cudnnCreate##Type), &CUDNN(cudnnDestroy##Type) \
  }

cudnnDataType_t type_of(Precision precision) {
  return precision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/// A layer in the terms of the classic interface.
class Classic {
 public:
  Classic(const ConvLayer& layer, Layout layout, Device device, Precision precision)
      : operands_(layer, device, precision), device_(device) {
    const cudnnTensorFormat_t format = layout == Layout::nchw ? CUDNN_TENSOR_NCHW : CUDNN_TENSOR_NHWC;
    const cudnnDataType_t type = type_of(precision);
    set_tensor(x_, format, type, layer.x());
    set_tensor(y_, format, type, layer.y());
    const Shape w = layer.w();
    check("filter", CUDNN(cudnnSetFilter4dDescriptor)(w_, type, format, to_int(w[0]), to_int(w[1]),
                                                      to_int(w[2]), to_int(w[3])));
    const int padding = to_int(layer.padding), stride = to_int(layer.stride);
    check("convolution", CUDNN(cudnnSetConvolution2dDescriptor)(conv_, padding, padding, stride, stride, 1, 1,
                                                                CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
    // The default allows tf32 for f32.
    const cudnnMathType_t math = precision == Precision::fp32   ? CUDNN_FMA_MATH
                                 : precision == Precision::tf32 ? CUDNN_DEFAULT_MATH
                                                                : CUDNN_TENSOR_OP_MATH;
    check("math type", CUDNN(cudnnSetConvolutionMathType)(conv_, math));
  }

  /// Throws Error if the algorithm is not for this layer.
  void prepare(ConvKernel kernel, int algorithm) {
    size_t bytes = 0;
    switch (kernel) {
      case ConvKernel::forward:
        check("workspace", CUDNN(cudnnGetConvolutionForwardWorkspaceSize)(
                               handle(device_), x_, w_, conv_, y_,
                               static_cast<cudnnConvolutionFwdAlgo_t>(algorithm), &bytes));
        break;
      case ConvKernel::input_grad:
        check("workspace", CUDNN(cudnnGetConvolutionBackwardDataWorkspaceSize)(
                               handle(device_), w_, y_, conv_, x_,
                               static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm), &bytes));
        break;
      case ConvKernel::weight_grad:
        check("workspace", CUDNN(cudnnGetConvolutionBackwardFilterWorkspaceSize)(
                               handle(device_), x_, y_, conv_, w_,
                               static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm), &bytes));
        break;
    }
    require(bytes <= most_workspace, "cuDNN: a workspace of ", bytes, " bytes");
    workspace_ = Tensor::empty({static_cast<int64_t>(bytes)}, DType::u8, device_);
  }

  void run(ConvKernel kernel, int algorithm) {
    const float one = 1, zero = 0;
    const auto [x, w, y] = std::tuple{operands_.x.raw(), operands_.w.raw(), operands_.y.raw()};
    void* const workspace = workspace_.raw();
    const size_t bytes = workspace_.nbytes();
    switch (kernel) {
      case ConvKernel::forward:
        return check("forward",
                     CUDNN(cudnnConvolutionForward)(handle(device_), &one, x_, x, w_, w, conv_,
                                                    static_cast<cudnnConvolutionFwdAlgo_t>(algorithm),
                                                    workspace, bytes, &zero, y_, y));
      case ConvKernel::input_grad:
        return check("input gradient", CUDNN(cudnnConvolutionBackwardData)(
                                           handle(device_), &one, w_, w, y_, y, conv_,
                                           static_cast<cudnnConvolutionBwdDataAlgo_t>(algorithm), workspace,
                                           bytes, &zero, x_, x));
      case ConvKernel::weight_grad:
        return check("weight gradient", CUDNN(cudnnConvolutionBackwardFilter)(
                                            handle(device_), &one, x_, x, y_, y, conv_,
                                            static_cast<cudnnConvolutionBwdFilterAlgo_t>(algorithm),
                                            workspace, bytes, &zero, w_, w));
    }
  }

 private:
  static int to_int(int64_t extent) { return static_cast<int>(extent); }
  static void set_tensor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format, cudnnDataType_t type,
                         const Shape& s) {
    check("tensor", CUDNN(cudnnSetTensor4dDescriptor)(tensor, format, type, to_int(s[0]), to_int(s[1]),
                                                      to_int(s[2]), to_int(s[3])));
  }

  ConvOperands operands_;
  Device device_;
  Owned<cudnnTensorDescriptor_t> x_ = OWNED(TensorDescriptor), y_ = OWNED(TensorDescriptor);
  Owned<cudnnFilterDescriptor_t> w_ = OWNED(FilterDescriptor);
  Owned<cudnnConvolutionDescriptor_t> conv_ = OWNED(ConvolutionDescriptor);
  Tensor workspace_;
};

int algorithms(ConvKernel kernel) {
  switch (kernel) {
    case ConvKernel::forward:
      return CUDNN_CONVOLUTION_FWD_ALGO_COUNT;
    case ConvKernel::input_grad:
      return CUDNN_CONVOLUTION_BWD_DATA_ALGO_COUNT;
    case ConvKernel::weight_grad:
      return CUDNN_CONVOLUTION_BWD_FILTER_ALGO_COUNT;
  }
  return 0;
}

}  // namespace

const Library& library() {
  static const Library library{"libcudnn.so", "libcudnn.so.9", "libcudnn.so.8"};
  return library;
}

void check(const char* what, cudnnStatus_t status) {
  require(status == CUDNN_STATUS_SUCCESS, "cuDNN: ", what, ": ", CUDNN(cudnnGetErrorString)(status));
}

cudnnHandle_t handle(Device device) {
  static cudnnHandle_t handle = [] {
    cudnnHandle_t made = nullptr;
    check("cudnnCreate", CUDNN(cudnnCreate)(&made));
    return made;
  }();
  check("cudnnSetStream", CUDNN(cudnnSetStream)(handle, stream_of(device)));
  return handle;
}

LibraryVersion version() {
  if (!library().loaded()) return {false, "no cuDNN found"};
  try {
    const size_t number = CUDNN(cudnnGetVersion)();
    return {true, concat("cuDNN ", number / 10000, ".", number / 100 % 100, ".", number % 100)};
  } catch (const Error& error) {
    return {false, concat("no cuDNN: ", error.what())};
  }
}

Candidates conv(ConvKernel kernel, const ConvLayer& layer, Device device, Precision precision) {
  Candidates candidates;
  for (const Layout layout : {Layout::nhwc, Layout::nchw})
    for (Candidate& plan : conv_plans(kernel, layer, layout, device, precision))
      candidates.push_back(std::move(plan));
  for (const Layout layout : {Layout::nhwc, Layout::nchw})
    for (int algorithm = 0; algorithm < algorithms(kernel); ++algorithm)
      candidates.push_back({concat("algorithm ", algorithm, " ", name_of(layout)), [=]() -> Call {
                              const auto classic =
                                  std::make_shared<Classic>(layer, layout, device, precision);
                              classic->prepare(kernel, algorithm);
                              return [=] { classic->run(kernel, algorithm); };
                            }});
  return candidates;
}

}  // namespace saddle::bench::cudnn
