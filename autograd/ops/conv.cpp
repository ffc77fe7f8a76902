#include "autograd/ops/conv.h"

#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"

namespace saddle {
namespace {

const Op conv2d_op("conv2d"), input_grad_op("conv2d_input_grad"), weight_grad_op("conv2d_weight_grad");
const ComposedOps composed{"conv_transpose2d"};

void require_options(const char* op, const Conv2dOptions& options) {
  require_at_least(op, "stride", options.stride, 1);
  require_at_least(op, "padding", options.padding, 0);
  require_at_least(op, "dilation", options.dilation, 1);
  require(options.groups >= 1, op, ": groups ", options.groups, " is below 1");
}

/// Two float operands of rank 4, by the names that messages give them.
void require_operands(const char* op, const char* name0, const Variable& x0, const char* name1,
                      const Variable& x1) {
  require_alike(op, x0, x1);
  require_float(op, x0);
  require(x0.rank() == 4, op, ": ", name0, " ", x0.shape(), " is not of rank 4");
  require(x1.rank() == 4, op, ": ", name1, " ", x1.shape(), " is not of rank 4");
}

Pair output_size(const char* op, const Pair& image, const Pair& kernel, const Conv2dOptions& options) {
  require_at_least(op, "kernel", kernel, 1);
  Pair size{};
  for (size_t i = 0; i < 2; ++i)
    size[i] = kernels::conv_output_size(image[i], kernel[i], options.stride[i], options.padding[i],
                                        options.dilation[i]);
  require(size[0] > 0 && size[1] > 0, op, ": kernel ", str(kernel), " with dilation ", str(options.dilation),
          " is larger than image ", str(image), " with padding ", str(options.padding));
  return size;
}

void require_output(const char* op, const Variable& gy, const Pair& image, const Pair& kernel,
                    const Conv2dOptions& options) {
  const Pair size = output_size(op, image, kernel, options);
  require(extents(gy) == size, op, ": an image ", str(image), " gives outputs ", str(size),
          ", output gradient ", gy.shape(), " has ", str(extents(gy)));
}

void require_groups(const char* op, int64_t groups, const char* name, int64_t channels) {
  require(channels % groups == 0, op, ": groups ", groups, " do not divide the ", channels, " ", name,
          " channels");
}

Variable finish(const char* op, const Variable& product, const Variable& bias, const Activation& activation) {
  if (bias.defined())
    require(bias.shape() == Shape{product.size(1)}, op, ": bias ", bias.shape(), " does not fit the ",
            product.size(1), " output channels");
  return bias_act_over(product, bias, activation);
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, const Conv2dOptions& options,
                const Activation& activation) {
  const char* op = conv2d_op.name();
  require_operands(op, "input", x, "weight", w);
  require_options(op, options);
  require_groups(op, options.groups, "output", w.size(0));
  require(x.size(1) == w.size(1) * options.groups, op, ": weight ", w.shape(), " expects ",
          w.size(1) * options.groups, " input channels, input ", x.shape(), " has ", x.size(1));
  const Pair image = extents(x), kernel = extents(w), size = output_size(op, image, kernel, options);
  Tensor y = Tensor::like(x.value(), {x.size(0), w.size(0), size[0], size[1]});
  kernels::conv2d(x.value(), w.value(), y, options);
  const Variable product =
      record(conv2d_op, y, {x, w}, {.inputs_for = {bit(1), bit(0)}}, [=](const Vjp& v) -> Variables {
        return {v.needs(0) ? conv2d_input_grad(v.gy, v.input(1), image, options) : Variable(),
                v.needs(1) ? conv2d_weight_grad(v.input(0), v.gy, kernel, options) : Variable()};
      });
  return finish(op, product, bias, activation);
}

Variable conv2d_input_grad(const Variable& gy, const Variable& w, Pair image, const Conv2dOptions& options) {
  const char* op = input_grad_op.name();
  require_operands(op, "output gradient", gy, "weight", w);
  require_options(op, options);
  require_groups(op, options.groups, "output", w.size(0));
  require(gy.size(1) == w.size(0), op, ": weight ", w.shape(), " has ", w.size(0),
          " output channels, output gradient ", gy.shape(), " has ", gy.size(1));
  const Pair kernel = extents(w);
  require_output(op, gy, image, kernel, options);
  Tensor gx = Tensor::like(gy.value(), {gy.size(0), w.size(1) * options.groups, image[0], image[1]});
  kernels::conv2d_input_grad(gy.value(), w.value(), gx, options);
  return record(input_grad_op, gx, {gy, w}, {.inputs_for = {bit(1), bit(0)}}, [=](const Vjp& v) -> Variables {
    return {v.needs(0) ? conv2d(v.gy, v.input(1), {}, options) : Variable(),
            v.needs(1) ? conv2d_weight_grad(v.gy, v.input(0), kernel, options) : Variable()};
  });
}

Variable conv2d_weight_grad(const Variable& x, const Variable& gy, Pair kernel,
                            const Conv2dOptions& options) {
  const char* op = weight_grad_op.name();
  require_operands(op, "input", x, "output gradient", gy);
  require_options(op, options);
  require_groups(op, options.groups, "input", x.size(1));
  require_groups(op, options.groups, "output", gy.size(1));
  require(x.size(0) == gy.size(0), op, ": input ", x.shape(), " has ", x.size(0), " images, output gradient ",
          gy.shape(), " has ", gy.size(0));
  const Pair image = extents(x);
  require_output(op, gy, image, kernel, options);
  Tensor gw = Tensor::like(x.value(), {gy.size(1), x.size(1) / options.groups, kernel[0], kernel[1]});
  kernels::conv2d_weight_grad(x.value(), gy.value(), gw, options);
  return record(weight_grad_op, gw, {x, gy}, {.inputs_for = {bit(1), bit(0)}},
                [=](const Vjp& v) -> Variables {
                  return {v.needs(0) ? conv2d_input_grad(v.input(1), v.gy, image, options) : Variable(),
                          v.needs(1) ? conv2d(v.input(0), v.gy, {}, options) : Variable()};
                });
}

Variable conv_transpose2d(const Variable& x, const Variable& w, const Variable& bias,
                          const ConvTranspose2dOptions& options, const Activation& activation) {
  const char* op = "conv_transpose2d";
  const auto& [stride, padding, output_padding, dilation, groups] = options;
  const Conv2dOptions conv{.stride = stride, .padding = padding, .dilation = dilation, .groups = groups};
  require_operands(op, "input", x, "weight", w);
  require_options(op, conv);
  require_at_least(op, "output_padding", output_padding, 0);
  require_groups(op, groups, "input", w.size(0));
  require(x.size(1) == w.size(0), op, ": weight ", w.shape(), " expects ", w.size(0),
          " input channels, input ", x.shape(), " has ", x.size(1));
  Pair image{};
  for (size_t i = 0; i < 2; ++i) {
    require(output_padding[i] < stride[i], op, ": output_padding ", str(output_padding),
            " is not below stride ", str(stride));
    image[i] = (extents(x)[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (extents(w)[i] - 1) +
               output_padding[i] + 1;
  }
  require_at_least(op, "output size", image, 1);
  return finish(op, conv2d_input_grad(x, w, image, conv), bias, activation);
}

}  // namespace saddle
