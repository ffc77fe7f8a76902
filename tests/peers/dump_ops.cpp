// For every sample of the op table, in f64: inputs x, output y and, where a gradient flows, a random output
// gradient gy, the gradients g of the inputs, random weights v of these, and the gradients of sum <v, g> by
// the inputs (h) and by gy (hy). In f32, the output. A gradient that is missing stands for zero.
#include "autograd/grad.h"
#include "core/io/safetensors.h"
#include "core/random.h"
#include "tests/ops/record.h"
#include "tests/peers/dump.h"

namespace saddle::test {
namespace {

/// Uniform in [-1, 1).
Tensor random_like(const Tensor& x, Generator& random) {
  return random_uniform(x.shape(), random, -1, 1, {.dtype = x.dtype()});
}

class Dump {
 public:
  void add(const std::string& op, const Sample& sample) {
    prefix_ = concat(index_.size(), ".");
    Variables xs = make_inputs(sample, DType::f64), wanted;
    std::vector<size_t> places;
    for (size_t i = 0; i < xs.size(); ++i) {
      put("x", i, xs[i]);
      if (!sample.gradient) xs[i] = xs[i].detach();
      if (!xs[i].requires_grad()) continue;
      wanted.push_back(xs[i]);
      places.push_back(i);
    }
    const Variable y = sample.run(xs);
    put("y", y);
    put("y32", sample.run(make_inputs(sample, DType::f32)));
    if (y.requires_grad()) differentiate(y, wanted, places);
    index_.push_back({{"op", op},
                      {"sample", sample.name},
                      {"inputs", xs.size()},
                      {"options", sample.options},
                      {"tolerance", sample.tolerance},
                      {"gradient", sample.gradient},
                      {"differentiable", places}});
  }

  void save(const std::filesystem::path& file) const {
    save_safetensors(file, tensors_, {{"samples", index_.dump()}});
  }

 private:
  void differentiate(const Variable& y, const Variables& xs, const std::vector<size_t>& places) {
    const Variable gy(random_like(y.value(), random_), true);
    put("gy", gy);
    const Variables gs = grad({y}, xs, {.grad_outputs = {gy}, .create_graph = true, .allow_unused = true});
    Variables some, vs, all = xs;
    for (size_t i = 0; i < gs.size(); ++i) {
      const Variable v = random_like(xs[i].value(), random_);
      put("v", places[i], v);
      if (!gs[i].defined()) continue;
      put("g", places[i], gs[i]);
      some.push_back(gs[i]);
      vs.push_back(v);
    }
    all.push_back(gy);
    const Variables hs = grad(some, all, {.grad_outputs = vs, .allow_unused = true});
    for (size_t i = 0; i < places.size(); ++i) put("h", places[i], hs[i]);
    put("hy", hs.back());
  }

  void put(const std::string& name, const Variable& x) {
    if (x.defined()) tensors_.emplace_back(prefix_ + name, x.value());
  }
  void put(const char* name, size_t i, const Variable& x) { put(concat(name, i), x); }

  NamedTensors tensors_;
  nlohmann::json index_ = nlohmann::json::array();
  std::string prefix_;
  Generator random_{2016};
};

}  // namespace

void dump_ops(const std::filesystem::path& file) {
  Dump dump;
  for (const Record& record : op_table())
    for (const Sample& sample : record.samples) dump.add(record.op, sample);
  dump.save(file);
}

}  // namespace saddle::test
