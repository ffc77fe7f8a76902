#include "bench/peers/onednn.h"

#include <omp.h>

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "core/thread_pool.h"

namespace saddle::bench::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream on_cpu(engine());
  return on_cpu;
}

memory numbers(const memory::desc& description) {
  memory numbers(description, engine());
  auto* const values = static_cast<float*>(numbers.get_data_handle());
  std::fill_n(values, description.get_size() / sizeof(float), 0.5f);
  return numbers;
}

/// oneDNN's Error is not ours.
template <class F>
auto translated(F&& f) {
  try {
    return f();
  } catch (const dnnl::error& error) {
    throw Error(concat("oneDNN: ", error.what()));
  }
}

Call call(const dnnl::primitive& primitive, const std::unordered_map<int, memory>& arguments) {
  return [=] { translated([&] { primitive.execute(stream(), arguments), stream().wait(); }); };
}

Dims dims(const Shape& shape) {
  return Dims(shape.begin(), shape.end());
}

/// A layout of the library's choice.
memory::desc any(const Shape& shape) {
  return {dims(shape), memory::data_type::f32, memory::format_tag::any};
}

struct Geometry {
  Dims strides, before, after;
};

Geometry geometry(const ConvLayer& layer) {
  const int64_t after = (layer.y()[2] - 1) * layer.stride + layer.kernel - layer.image - layer.padding;
  return {{layer.stride, layer.stride}, {layer.padding, layer.padding}, {after, after}};
}

Call make_conv(ConvKernel kernel, const ConvLayer& layer, dnnl::algorithm algorithm) {
  const auto [strides, before, after] = geometry(layer);
  const memory::desc x = any(layer.x()), w = any(layer.w()), y = any(layer.y());
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, x, w, y, strides, before, after}, engine());
  switch (kernel) {
    case ConvKernel::forward:
      return call(dnnl::convolution_forward(forward), {{DNNL_ARG_SRC, numbers(forward.src_desc())},
                                                       {DNNL_ARG_WEIGHTS, numbers(forward.weights_desc())},
                                                       {DNNL_ARG_DST, numbers(forward.dst_desc())}});
    case ConvKernel::input_grad: {
      const dnnl::convolution_backward_data::primitive_desc backward(
          {algorithm, x, w, y, strides, before, after}, engine(), forward);
      return call(dnnl::convolution_backward_data(backward),
                  {{DNNL_ARG_DIFF_SRC, numbers(backward.diff_src_desc())},
                   {DNNL_ARG_WEIGHTS, numbers(backward.weights_desc())},
                   {DNNL_ARG_DIFF_DST, numbers(backward.diff_dst_desc())}});
    }
    case ConvKernel::weight_grad: {
      const dnnl::convolution_backward_weights::primitive_desc backward(
          {algorithm, x, w, y, strides, before, after}, engine(), forward);
      return call(dnnl::convolution_backward_weights(backward),
                  {{DNNL_ARG_SRC, numbers(backward.src_desc())},
                   {DNNL_ARG_DIFF_WEIGHTS, numbers(backward.diff_weights_desc())},
                   {DNNL_ARG_DIFF_DST, numbers(backward.diff_dst_desc())}});
    }
  }
  throw Error("oneDNN: no such kernel");
}

/// Its threads are OpenMP's: as many as ours.
void use_threads() {
  omp_set_num_threads(num_threads());
}

}  // namespace

std::string version() {
  const dnnl_version_t* const v = dnnl::version();
  return concat("oneDNN ", v->major, ".", v->minor, ".", v->patch);
}

Candidates conv(ConvKernel kernel, const ConvLayer& layer) {
  use_threads();
  const auto candidate = [&](const char* name, dnnl::algorithm algorithm) {
    return Candidate{name, [=] { return translated([&] { return make_conv(kernel, layer, algorithm); }); }};
  };
  return {candidate("direct", dnnl::algorithm::convolution_direct),
          candidate("Winograd", dnnl::algorithm::convolution_winograd)};
}

Candidates matmul(int64_t m, int64_t n, int64_t k) {
  use_threads();
  const auto plain = [](int64_t rows, int64_t columns) {
    return memory::desc({rows, columns}, memory::data_type::f32, memory::format_tag::ab);
  };
  const auto make = [=] {
    const dnnl::matmul::primitive_desc product({plain(m, k), plain(k, n), plain(m, n)}, engine());
    return call(dnnl::matmul(product), {{DNNL_ARG_SRC, numbers(plain(m, k))},
                                        {DNNL_ARG_WEIGHTS, numbers(plain(k, n))},
                                        {DNNL_ARG_DST, numbers(plain(m, n))}});
  };
  return {{"matmul", [=] { return translated(make); }}};
}

}  // namespace saddle::bench::onednn
