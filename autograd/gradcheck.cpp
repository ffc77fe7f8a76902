#include "autograd/gradcheck.h"

#include <cmath>
#include <cstring>

#include "autograd/grad.h"
#include "core/random.h"

namespace saddle {
namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(Device{}), y = b.to(Device{});
  return x.shape() == y.shape() && std::memcmp(x.raw(), y.raw(), x.nbytes()) == 0;
}

/// Values in [-1, 1], the same for the same shape.
Tensor random_like(const Tensor& x) {
  const Philox stream{0x6AADu, 0};
  Tensor t = Tensor::empty(x.shape(), DType::f64);
  for (int64_t i = 0; i < t.numel(); ++i)
    t.data<double>()[i] = stream(static_cast<uint64_t>(i))[0] * 0x1p-31 - 1.0;
  return t.to(x.device());
}

Variables gradients(const Variables& outputs, const Variables& inputs, const Variables& seeds,
                    bool create_graph) {
  Variables found =
      grad(outputs, inputs,
           {.grad_outputs = seeds, .create_graph = create_graph, .retain_graph = true, .allow_unused = true});
  for (size_t i = 0; i < found.size(); ++i)
    if (!found[i].defined())
      found[i] = Variable(Tensor::zeros(inputs[i].shape(), inputs[i].dtype(), inputs[i].device()));
  return found;
}

/// The inputs that require a gradient.
Variables wanted(const Variables& inputs) {
  Variables some;
  for (const Variable& x : inputs)
    if (x.defined() && x.requires_grad()) some.push_back(x);
  return some;
}

void check_repeats(const Variables& outputs, const Variables& inputs) {
  Variables seeds;
  for (const Variable& y : outputs) seeds.push_back(random_like(y.value()));
  const Variables first = gradients(outputs, inputs, seeds, false);
  const Variables second = gradients(outputs, inputs, seeds, false);
  for (size_t i = 0; i < inputs.size(); ++i)
    require<Error>(same_bits(first[i].value(), second[i].value()),
                   "gradcheck: two backward passes differ in the "
                   "gradient of input ",
                   i);
}

}  // namespace

void gradcheck(const Differentiable& f, const Variables& inputs, const GradcheckOptions& options) {
  const Variables xs = wanted(inputs);
  for (const Variable& x : xs)
    require<Error>(x.dtype() == DType::f64 && x.is_leaf(), "gradcheck: inputs must be f64 leaves");
  const Variables ys = f(inputs);
  check_repeats(ys, xs);

  for (size_t o = 0; o < ys.size(); ++o) {
    const int64_t m = ys[o].numel();
    // Row j: the gradients of output element j.
    std::vector<Variables> rows;
    for (int64_t j = 0; j < m; ++j) {
      Tensor one_hot = Tensor::zeros(ys[o].shape(), DType::f64);
      one_hot.data<double>()[j] = 1;
      Variables row;
      if (ys[o].requires_grad())
        for (const Variable& g : gradients({ys[o]}, xs, {one_hot.to(ys[o].device())}, false))
          row.emplace_back(g.value().to(Device{}));
      rows.push_back(row);
    }
    for (size_t k = 0; k < xs.size(); ++k) {
      Tensor x = xs[k].value(), host = x.to(Device{}).clone();
      for (int64_t i = 0; i < host.numel(); ++i) {
        double& element = host.data<double>()[i];
        const double centre = element;
        const auto output_at = [&](double value) {
          element = value;
          x.copy_from(host);
          // Not under NoGrad: f may differentiate inside, as gradgradcheck's does.
          Tensor y = f(inputs)[o].value().to(Device{}).clone();
          element = centre;
          x.copy_from(host);
          return y;
        };
        const Tensor above = output_at(centre + options.eps), below = output_at(centre - options.eps);
        for (int64_t j = 0; j < m; ++j) {
          const double numeric = (above.data<double>()[j] - below.data<double>()[j]) / (2 * options.eps);
          const Variables& row = rows[static_cast<size_t>(j)];
          const double analytic = row.empty() ? 0.0 : row[k].value().data<double>()[i];
          // Written so that NaN fails.
          require<Error>(std::abs(analytic - numeric) <= options.atol + options.rtol * std::abs(numeric),
                         "gradcheck: d output ", o, "[", j, "] / d input ", k, "[", i, "] is ", analytic,
                         ", central difference ", numeric);
        }
      }
    }
  }
}

void gradgradcheck(const Differentiable& f, const Variables& inputs, const GradcheckOptions& options) {
  Variables all = inputs;
  for (const Variable& y : f(inputs)) all.emplace_back(random_like(y.value()), true);
  gradcheck(
      [&](const Variables& v) {
        const Variables xs(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
        const Variables seeds(v.begin() + static_cast<std::ptrdiff_t>(inputs.size()), v.end());
        return gradients(f(xs), wanted(xs), seeds, true);
      },
      all, options);
}

}  // namespace saddle
