// Optimisers against plain f64 formulas, their state, and what they refuse.
#include "nn/optim.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <optional>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/allocator.h"
#include "core/device_runtime.h"
#include "core/step_graph.h"
#include "nn/init.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;
using nn::NamedVariables;

namespace {

using Make = std::function<std::unique_ptr<nn::Optimizer>(const NamedVariables&)>;
/// One weight's state of any optimiser; plain formulas use what they need.
struct Weight {
  double p = 0, m = 0, v = 0, a = 0;
};
/// Step number t, from 1, of one weight.
using Formula = std::function<void(Weight& w, double g, int t)>;

struct Case {
  std::string name;
  Make make;
  Formula formula;
};

template <class O, class Options>
Make maker(Options options) {
  return [=](const NamedVariables& parameters) { return std::make_unique<O>(parameters, options); };
}

Case sgd(double momentum, double decay, bool nesterov) {
  return {concat("sgd, momentum ", momentum, ", decay ", decay, nesterov ? ", nesterov" : ""),
          maker<nn::SGD>(
              nn::SGDOptions{.lr = 0.1, .momentum = momentum, .weight_decay = decay, .nesterov = nesterov}),
          [=](Weight& w, double g, int t) {
            g += decay * w.p;
            w.m = t == 1 ? g : momentum * w.m + g;
            w.p -= 0.1 * (nesterov ? g + momentum * w.m : w.m);
          }};
}

Formula adam_formula(double decay, double decoupled_decay) {
  return [=](Weight& w, double g, int t) {
    w.p -= 0.1 * decoupled_decay * w.p;
    g += decay * w.p;
    w.m = 0.5 * w.m + (1 - 0.5) * g;
    w.v = 0.9 * w.v + (1 - 0.9) * g * g;
    const double m = w.m / (1 - std::pow(0.5, t)), v = w.v / (1 - std::pow(0.9, t));
    w.p -= 0.1 * m / (std::sqrt(v) + 1e-3);
  };
}

Case rmsprop(double momentum, double decay, bool centered) {
  return {concat("rmsprop, momentum ", momentum, ", decay ", decay, centered ? ", centered" : ""),
          maker<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.1,
                                                .alpha = 0.9,
                                                .eps = 1e-3,
                                                .weight_decay = decay,
                                                .momentum = momentum,
                                                .centered = centered}),
          [=](Weight& w, double g, int) {
            g += decay * w.p;
            w.v = 0.9 * w.v + (1 - 0.9) * g * g;
            w.a = centered ? 0.9 * w.a + (1 - 0.9) * g : 0;
            w.m = momentum * w.m + g / (std::sqrt(w.v - w.a * w.a) + 1e-3);
            w.p -= 0.1 * w.m;
          }};
}

std::vector<Case> cases() {
  return {sgd(0, 0, false),
          sgd(0, 0.05, false),
          sgd(0.9, 0, false),
          sgd(0.9, 0.05, true),
          {"adam", maker<nn::Adam>(nn::AdamOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3}),
           adam_formula(0, 0)},
          {"adam, decay",
           maker<nn::Adam>(
               nn::AdamOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .weight_decay = 0.05}),
           adam_formula(0.05, 0)},
          {"adamw",
           maker<nn::AdamW>(
               nn::AdamWOptions{.lr = 0.1, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .weight_decay = 0.05}),
           adam_formula(0, 0.05)},
          rmsprop(0, 0, false),
          rmsprop(0.9, 0.05, false),
          rmsprop(0, 0.05, true),
          rmsprop(0.9, 0, true)};
}

/// Two parameters with names and values of their own.
NamedVariables parameters(DType dtype, Device device = {}) {
  NamedVariables all;
  Generator generator(5);
  for (const auto& [name, shape] : {std::pair<std::string, Shape>{"a", {3, 5}}, {"b", {2}}}) {
    all.emplace_back(name, Variable(Tensor::empty(shape, dtype), true));
    nn::init::normal_(all.back().second, generator);
    all.back().second.set_value(all.back().second.value().to(device));
  }
  return all;
}

/// The emulated device, or the CPU where this build has none.
Device emulated() {
  return runtime(DeviceType::emulated) ? Device{DeviceType::emulated} : Device{};
}

/// The gradient of parameter k in step t, on the host.
Variable gradient(const Variable& parameter, size_t k, int t) {
  Variable g = Tensor::empty(parameter.shape(), DType::f64);
  Generator generator(static_cast<uint64_t>(t) * 10 + k);
  nn::init::normal_(g, generator, 0.3, 1);
  return cast(g, parameter.dtype());
}

void run(nn::Optimizer& optimizer, const NamedVariables& all, int from, int to) {
  for (int t = from; t <= to; ++t) {
    for (size_t k = 0; k < all.size(); ++k) {
      Variable p = all[k].second;
      p.set_grad(gradient(p, k, t));
    }
    optimizer.step();
    optimizer.zero_grad();
  }
}

bool same_bytes(const NamedTensors& a, const NamedTensors& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].first != b[i].first ||
        std::memcmp(a[i].second.raw(), b[i].second.raw(), a[i].second.nbytes()) != 0)
      return false;
  return a.size() == b.size();
}

NamedTensors values(const NamedVariables& all) {
  NamedTensors tensors;
  for (const auto& [name, variable] : all) tensors.emplace_back(name, variable.value());
  return tensors;
}

NamedTensors cloned(const NamedTensors& tensors) {
  NamedTensors all;
  for (const auto& [name, tensor] : tensors) all.emplace_back(name, tensor.clone());
  return all;
}

std::vector<std::string> names(const NamedTensors& tensors) {
  std::vector<std::string> all;
  for (const auto& [name, tensor] : tensors) all.push_back(name);
  return all;
}

}  // namespace

TEST_CASE("twenty steps of each optimiser are those of its formula", "[nn][optim]") {
  for (const Case& c : cases())
    for (const DType dtype : {DType::f32, DType::f64}) {
      INFO(c.name << " " << dtype);
      const NamedVariables all = parameters(dtype), start = parameters(dtype);
      const auto optimizer = c.make(all);
      run(*optimizer, all, 1, 20);
      for (size_t k = 0; k < all.size(); ++k) {
        const auto first = cast(start[k].second.detach(), DType::f64).value().to_vector<double>();
        const auto last = cast(all[k].second.detach(), DType::f64).value().to_vector<double>();
        std::vector<Weight> weights(first.size());
        for (size_t i = 0; i < first.size(); ++i) weights[i].p = first[i];
        for (int t = 1; t <= 20; ++t) {
          const auto g = cast(gradient(all[k].second, k, t), DType::f64).value().to_vector<double>();
          for (size_t i = 0; i < g.size(); ++i) c.formula(weights[i], g[i], t);
        }
        for (size_t i = 0; i < first.size(); ++i)
          CHECK(last[i] == Approx(weights[i].p).epsilon(dtype == DType::f32 ? 1e-4 : 1e-11));
      }
    }
}

TEST_CASE("an optimiser that is saved and loaded goes on to the same bits", "[nn][optim]") {
  for (const Case& c : cases()) {
    INFO(c.name);
    const NamedVariables whole = parameters(DType::f32), stopped = parameters(DType::f32),
                         resumed = parameters(DType::f32);
    const auto a = c.make(whole), b = c.make(stopped), d = c.make(resumed);
    run(*a, whole, 1, 20);
    run(*b, stopped, 1, 8);
    nn::load_tensors("test", values(resumed), values(stopped));
    d->load_state(cloned(b->state()));
    run(*d, resumed, 9, 20);
    CHECK(same_bytes(values(whole), values(resumed)));
    CHECK(same_bytes(a->state(), d->state()));
    CHECK(!same_bytes(values(whole), values(stopped)));
  }
}

TEST_CASE("the state of optimisers is named after PyTorch's", "[nn][optim]") {
  using Names = std::vector<std::string>;
  const NamedVariables all = parameters(DType::f32);
  CHECK(names(nn::Adam(all).state()) ==
        Names{"step.a", "exp_avg.a", "exp_avg_sq.a", "step.b", "exp_avg.b", "exp_avg_sq.b"});
  CHECK(names(nn::SGD(all).state()) == Names{"step.a", "step.b"});
  CHECK(names(nn::SGD({all[1]}, {.momentum = 0.9}).state()) == Names{"step.b", "momentum_buffer.b"});
  CHECK(names(nn::RMSprop({all[1]}, {.momentum = 0.5, .centered = true}).state()) ==
        Names{"step.b", "square_avg.b", "grad_avg.b", "momentum_buffer.b"});
  nn::Adam adam(all);
  CHECK_THROWS_WITH(adam.load_state(nn::Adam({all[0]}).state()),
                    "adam: load_state: missing step.b, exp_avg.b, exp_avg_sq.b");
}

TEST_CASE("parameters without a gradient stand still and do not age", "[nn][optim]") {
  const NamedVariables all = parameters(DType::f64), twin = parameters(DType::f64);
  nn::Adam adam(all), late({twin[1]});
  for (int t = 1; t <= 5; ++t) {
    Variable(all[0].second).set_grad(gradient(all[0].second, 0, t));
    adam.step();
  }
  CHECK(same_bytes({values(all)[1]}, {values(twin)[1]}));
  CHECK(find(adam.state(), "step.a")->item() == 5);
  CHECK(find(adam.state(), "step.b")->item() == 0);
  // Its first step is then a first step, bias correction included.
  for (const NamedVariables& v : {all, twin}) Variable(v[1].second).set_grad(gradient(v[1].second, 1, 6));
  adam.step();
  late.step();
  CHECK(same_bytes({values(all)[1]}, {values(twin)[1]}));
}

TEST_CASE("a launch that is repeated gives the bits of steps", "[nn][optim]") {
  // As a captured graph does: the launch stays as it was, numbers reach it through its slots. Parameter b has
  // a gradient from the third step on only, so the two have numbers of their own.
  for (const Case& c : cases()) {
    INFO(c.name);
    const NamedVariables stepped = parameters(DType::f32), repeated = parameters(DType::f32);
    const auto a = c.make(stepped), b = c.make(repeated);
    for (const NamedVariables& all : {stepped, repeated})
      Variable(all[0].second).set_grad(gradient(all[0].second, 0, 1));
    for (nn::Optimizer* optimizer : {a.get(), b.get()})
      for (int t = 0; t < 2; ++t) optimizer->step();
    for (const NamedVariables& all : {stepped, repeated})
      Variable(all[1].second).set_grad(gradient(all[1].second, 1, 1));

    nn::Optimizer::Update update, captured;
    std::vector<kernels::StepScalars> slots;
    for (int t = 3; t <= 8; ++t) {
      for (nn::Optimizer* optimizer : {a.get(), b.get()}) optimizer->set_lr(0.1 / t);
      a->step();
      if (t == 3)
        captured = update = b->prepare();
      else
        b->prepare_next(update);
      slots = update.scalars;
      b->launch(captured, slots.data());
    }
    CHECK(same_bytes(values(stepped), values(repeated)));
    CHECK(same_bytes(a->state(), b->state()));
  }
}

TEST_CASE("a captured step that is replayed gives the bits of steps", "[nn][optim][emulated]") {
  const Device device = emulated();
  if (device.is_host()) return;
  for (const Case& c : cases()) {
    INFO(c.name);
    const NamedVariables stepped = parameters(DType::f32, device), replayed = parameters(DType::f32, device);
    const auto a = c.make(stepped), b = c.make(replayed);
    const auto feed = [](const NamedVariables& all, size_t k, int t) {
      Variable p = all[k].second;
      const Tensor g = gradient(p, k, t).value();
      if (p.grad().defined())
        Tensor(p.grad().value()).copy_from(g);
      else
        p.set_grad(g.to(p.device()));
    };
    std::optional<StepGraph> graph;
    for (int t = 1; t <= 8; ++t) {
      for (const NamedVariables* all : {&stepped, &replayed}) {
        feed(*all, 0, t);
        if (t > 2) feed(*all, 1, t);  // so that the two have numbers of their own
      }
      for (nn::Optimizer* optimizer : {a.get(), b.get()}) optimizer->set_lr(0.1 / t);
      a->step();
      if (t < 4)
        b->step();
      else if (t == 4)
        graph.emplace(device, [&] { b->step(); });
      else
        graph->replay();
    }
    CHECK(same_bytes(values(stepped), values(replayed)));
    CHECK(same_bytes(a->state(), b->state()));
  }
}

TEST_CASE("the learning rate counts from the next step on", "[nn][optim]") {
  const NamedVariables all = parameters(DType::f64);
  nn::SGD sgd(all, {.lr = 1});
  CHECK(sgd.lr() == 1);
  sgd.set_lr(0);
  const NamedTensors before = cloned(values(all));
  run(sgd, all, 1, 1);
  CHECK(same_bytes(before, values(all)));
}

TEST_CASE("optimisers refuse options out of range", "[nn][optim]") {
  const NamedVariables all = parameters(DType::f32);
  CHECK_THROWS_WITH(nn::Adam(all, {.lr = -1}), "adam: lr -1 is not finite and at least 0");
  CHECK_THROWS_WITH(nn::Adam(all, {.beta1 = 1}), "adam: beta1 1 is not in [0, 1)");
  CHECK_THROWS_WITH(nn::Adam(all, {.beta2 = NAN}), "adam: beta2 nan is not in [0, 1)");
  CHECK_THROWS_WITH(nn::AdamW(all, {.weight_decay = -0.1}), "adamw: weight_decay -0.1 is not at least 0");
  CHECK_THROWS_WITH(nn::SGD(all, {.nesterov = true}), "sgd: momentum 0 is not above 0, which nesterov needs");
  CHECK_THROWS_WITH(nn::RMSprop(all, {.alpha = 2}), "rmsprop: alpha 2 is not in [0, 1)");
  CHECK_THROWS_WITH(nn::SGD({}), "sgd: no parameters to optimise");
  CHECK_THROWS_WITH(nn::SGD({all[0], all[0]}), "sgd: two parameters are named 'a'");
  CHECK_THROWS_WITH(nn::SGD({all[0], {"c", parameters(DType::f64)[1].second}}),
                    "sgd: 'c' is f64 on cpu, 'a' is f32 on cpu");
  nn::SGD sgd(all);
  Variable(all[0].second).set_grad(gradient(all[0].second, 0, 1));
  const nn::Optimizer::Update update = sgd.prepare();
  sgd.zero_grad();
  CHECK_THROWS_WITH(sgd.launch(update), "sgd: 'a' has no gradient");
}

TEST_CASE("training in its stride takes no memory from the system", "[nn][optim]") {
  Generator generator(1);
  const auto net = nn::sequential(nn::linear(64, 100), nn::leaky_relu(0.2), nn::unflatten({1, 10, 10}),
                                  nn::conv2d(1, 8, 3), nn::flatten(), nn::linear(512, 1));
  net->reset_parameters(generator);
  nn::Adam adam(net->named_parameters(), {.lr = 1e-3});
  const Variable x = Tensor::empty({16, 64});
  nn::init::normal_(x, generator);
  const auto step = [&] {
    adam.zero_grad();
    const Variable loss = sum(square((*net)(x)-1));
    backward(loss);
    adam.step();
    return loss.item();
  };
  const double first = step();
  for (int i = 1; i < 10; ++i) step();
  const uint64_t before = allocator({}).stats().system_allocations;
  double last = 0;
  for (int i = 0; i < 50; ++i) last = step();
  CHECK(allocator({}).stats().system_allocations == before);
  CHECK(last < 0.1 * first);
}
