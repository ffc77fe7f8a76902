// cuDNN's graph interface: descriptors are bags of attributes that are filled, finalised, and put into
// others.
#include <algorithm>
#include <array>

#include "bench/peers/cudnn_api.h"

namespace saddle::bench::cudnn {
namespace {

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    cudnnBackendDescriptor_t made = nullptr;
    check("cudnnBackendCreateDescriptor", CUDNN(cudnnBackendCreateDescriptor)(type, &made));
    descriptor_ = {made, CUDNN(cudnnBackendDestroyDescriptor)};
  }

  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  std::span<const T> values) {
    check("cudnnBackendSetAttribute",
          CUDNN(cudnnBackendSetAttribute)(get(), name, type, static_cast<int64_t>(values.size()),
                                          values.data()));
    return *this;
  }
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T& value) {
    return set(name, type, std::span<const T>(&value, 1));
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& part) {
    parts_.push_back(part);  // which must live as long
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, part.get());
  }
  Descriptor& finalise(const char* what) {
    check(what, CUDNN(cudnnBackendFinalize)(get()));
    return *this;
  }

  template <class T>
  int64_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
               std::span<T> values) const {
    int64_t count = 0;
    check("cudnnBackendGetAttribute",
          CUDNN(cudnnBackendGetAttribute)(get(), name, type, static_cast<int64_t>(values.size()), &count,
                                          values.empty() ? nullptr : static_cast<void*>(values.data())));
    return count;
  }

  cudnnBackendDescriptor_t get() const { return descriptor_.get(); }

 private:
  std::shared_ptr<void> descriptor_;
  std::vector<Descriptor> parts_;
};

constexpr int64_t id_of_x = 'x', id_of_w = 'w', id_of_y = 'y';

Descriptor tensor(int64_t id, const Shape& s, Layout layout, Precision precision) {
  const cudnnDataType_t type = precision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
  const std::array<int64_t, 4> dims{s[0], s[1], s[2], s[3]};
  std::array<int64_t, 4> strides{s[1] * s[2] * s[3], s[2] * s[3], s[3], 1};
  if (layout == Layout::nhwc) strides = {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]};
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  return tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, type)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, std::span<const int64_t>(dims))
      .set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, std::span<const int64_t>(strides))
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, int64_t{16})
      .finalise("tensor");
}

Descriptor convolution(const ConvLayer& layer) {
  const std::array<int64_t, 2> strides{layer.stride, layer.stride}, padding{layer.padding, layer.padding},
      dilation{1, 1};
  Descriptor conv(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  return conv.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION)
      .set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, int64_t{2})
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, std::span<const int64_t>(strides))
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, std::span<const int64_t>(dilation))
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, std::span<const int64_t>(padding))
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, std::span<const int64_t>(padding))
      .finalise("convolution");
}

/// What the three operations call the same things.
struct Names {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t alpha, beta, conv, x, w, y;
};

Names names_of(ConvKernel kernel) {
  switch (kernel) {
    case ConvKernel::input_grad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY};
    case ConvKernel::weight_grad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY};
    case ConvKernel::forward:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y};
}

Descriptor graph(ConvKernel kernel, const ConvLayer& layer, Layout layout, Device device,
                 Precision precision) {
  const Names names = names_of(kernel);
  Descriptor operation(names.operation);
  operation.set(names.alpha, CUDNN_TYPE_FLOAT, 1.0f)
      .set(names.beta, CUDNN_TYPE_FLOAT, 0.0f)
      .set(names.conv, convolution(layer))
      .set(names.x, tensor(id_of_x, layer.x(), layout, precision))
      .set(names.w, tensor(id_of_w, layer.w(), layout, precision))
      .set(names.y, tensor(id_of_y, layer.y(), layout, precision))
      .finalise("operation");
  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  return graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle(device))
      .set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation)
      .finalise("graph");
}

/// Best first, as cuDNN thinks.
std::vector<Descriptor> proposals(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode)
      .finalise("heuristics");
  constexpr auto type = CUDNN_TYPE_BACKEND_DESCRIPTOR;
  std::vector<Descriptor> configurations;
  std::vector<cudnnBackendDescriptor_t> handles;
  const int64_t count =
      heuristics.read(CUDNN_ATTR_ENGINEHEUR_RESULTS, type, std::span<cudnnBackendDescriptor_t>());
  for (int64_t i = 0; i < count; ++i) {
    configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    handles.push_back(configurations.back().get());
  }
  const int64_t filled =
      heuristics.read(CUDNN_ATTR_ENGINEHEUR_RESULTS, type, std::span<cudnnBackendDescriptor_t>(handles));
  configurations.erase(configurations.begin() + std::min(filled, count), configurations.end());
  return configurations;
}

/// Whether an engine computes in the precision: others round the operands, unless they are asked not to.
bool is_precise(const Descriptor& configuration, Precision precision) {
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  std::array<cudnnBackendDescriptor_t, 1> handle{engine.get()};
  configuration.read(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                     std::span<cudnnBackendDescriptor_t>(handle));
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const int64_t count = engine.read(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                    std::span<cudnnBackendNumericalNote_t>(notes));
  return std::none_of(notes.begin(), notes.begin() + std::min<int64_t>(count, notes.size()), [&](auto note) {
    return note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
           note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
           (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE && precision == Precision::fp32);
  });
}

Call plan(const Descriptor& configuration, const ConvLayer& layer, Device device, Precision precision) {
  Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle(device))
      .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
      .finalise("plan");
  std::array<int64_t, 1> bytes{};
  plan.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, std::span<int64_t>(bytes));
  require(bytes[0] <= most_workspace, "cuDNN: a workspace of ", bytes[0], " bytes");

  ConvOperands operands(layer, device, precision);
  Tensor workspace = Tensor::empty({bytes[0]}, DType::u8, device);
  const std::array<int64_t, 3> ids{id_of_x, id_of_w, id_of_y};
  const std::array<void*, 3> data{operands.x.raw(), operands.w.raw(), operands.y.raw()};
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::span<void* const>(data))
      .set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::span<const int64_t>(ids))
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace.raw())
      .finalise("variant pack");
  return [=] {
    (void)operands, (void)workspace;  // the pack points to them
    check("cudnnBackendExecute", CUDNN(cudnnBackendExecute)(handle(device), plan.get(), pack.get()));
  };
}

}  // namespace

Candidates conv_plans(ConvKernel kernel, const ConvLayer& layer, Layout layout, Device device,
                      Precision precision) {
  Candidates candidates;
  for (const auto& [mode, name] : {std::pair{CUDNN_HEUR_MODE_A, "A"}, std::pair{CUDNN_HEUR_MODE_B, "B"},
                                   std::pair{CUDNN_HEUR_MODE_FALLBACK, "fallback"}}) {
    try {
      const Descriptor operations = graph(kernel, layer, layout, device, precision);
      int rank = 0;
      for (const Descriptor& configuration : proposals(operations, mode))
        if (++rank; is_precise(configuration, precision))
          candidates.push_back({concat("plan ", name, rank, " ", name_of(layout)),
                                [=] { return plan(configuration, layer, device, precision); }});
    } catch (const Error&) {
      // This mode has nothing for the layer in this layout.
    }
  }
  return candidates;
}

}  // namespace saddle::bench::cudnn
