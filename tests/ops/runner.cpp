// Makes the tests of the op table: each sample becomes test cases named op/check/device/dtype/sample, so that
// a failure can be rerun by its name.
#include "tests/ops/runner.h"

#include <hwy/targets.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "autograd/grad.h"
#include "autograd/gradcheck.h"
#include "core/allocator.h"
#include "core/random.h"
#include "core/thread_pool.h"
#include "tests/devices.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

class Invoker : public Catch::ITestInvoker {
 public:
  explicit Invoker(std::function<void()> f) : f_(std::move(f)) {}
  void invoke() const override { f_(); }

 private:
  std::function<void()> f_;
};

void add_test(const std::string& name, const std::string& tags, std::function<void()> f) {
  Catch::getMutableRegistryHub().registerTest(Catch::makeTestCase(
      new Invoker(std::move(f)), "", Catch::NameAndTags(name, tags), CATCH_INTERNAL_LINEINFO));
}

/// Guard bands and 0xFF-filled memory for the scope.
struct Guards {
  Guards() { allocator({}).set_guards(true); }
  ~Guards() { allocator({}).set_guards(false); }
};

/// Restores the number of threads and the SIMD targets.
struct Settings {
  int threads = num_threads();
  ~Settings() {
    set_num_threads(threads);
    hwy::SetSupportedTargetsForTest(0);
  }
};

double epsilon(DType dtype) {
  return dtype == DType::f32 ? 0x1p-23 : 0x1p-52;
}

/// Empty, or what differs first.
std::string difference(const Array& y, const Array& expected, double tolerance) {
  if (!(y.shape == expected.shape)) return concat("shape ", y.shape, ", expected ", expected.shape);
  for (size_t i = 0; i < y.values.size(); ++i) {
    const double a = y.values[i], b = expected.values[i];
    const bool same = a == b || (std::isnan(a) && std::isnan(b)) ||
                      std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
    if (!same) return concat("element ", i, " is ", a, ", expected ", b);
  }
  return "";
}

void check_value(const Sample& sample, DType dtype) {
  const Settings restore;
  const Variables inputs = make_inputs(sample, dtype);
  std::vector<Array> arrays;
  for (const Variable& x : inputs) arrays.push_back(to_array(x.value()));
  const Array expected = sample.reference(arrays);
  hwy::SetSupportedTargetsForTest(0);
  for (const int64_t target : {int64_t{0}, int64_t{HWY_AVX2}, int64_t{HWY_EMU128}}) {
    hwy::SetSupportedTargetsForTest(0);
    if (target && target != HWY_EMU128 && !(hwy::SupportedTargets() & target)) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    INFO("SIMD target " << (target ? hwy::TargetName(target) : "best"));
    std::vector<Tensor> runs;
    for (const int threads : {1, 2, 4}) {
      set_num_threads(threads);
      const Guards guards;
      runs.push_back(sample.run(inputs).value());
      REQUIRE_NOTHROW(allocator({}).check_guards());
    }
    const double tolerance = is_float(runs[0].dtype()) ? sample.tolerance * epsilon(dtype) : 0.0;
    CHECK(difference(to_array(runs[0]), expected, tolerance) == "");
    for (const Tensor& run : runs) CHECK(std::memcmp(run.raw(), runs[0].raw(), run.nbytes()) == 0);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

/// As check_value, on a device: twice on a GPU, in each order of threads on the emulated one, where a fault
/// of a kernel throws.
void check_value_on(Device device, const Sample& sample, DType dtype) {
  const Variables host_inputs = make_inputs(sample, dtype), inputs = make_inputs(sample, dtype, device);
  std::vector<Array> arrays;
  for (const Variable& x : host_inputs) arrays.push_back(to_array(x.value()));
  std::vector<Tensor> runs;
  run_repeatedly(device, [&] {
    const Tensor y = sample.run(inputs).value();
    CHECK((y.device() == device || inputs.empty()));
    runs.push_back(y.to(Device{}));
  });
  const double tolerance = is_float(runs[0].dtype()) ? sample.tolerance * epsilon(dtype) : 0.0;
  CHECK(difference(to_array(runs[0]), sample.reference(arrays), tolerance) == "");
  for (const Tensor& again : runs) CHECK(std::memcmp(again.raw(), runs[0].raw(), again.nbytes()) == 0);
}

/// The gradients in f32 against those in f64, whose truth the central differences have shown.
void check_gradient_f32(const Sample& sample, Device device) {
  const auto gradients = [&](DType dtype) {
    Variables inputs = make_inputs(sample, DType::f32, device), wanted;
    for (Variable& x : inputs) {
      const bool differentiable = x.requires_grad();
      x = x.dtype() == DType::f32 ? cast(x.detach(), dtype) : x;
      x = differentiable ? Variable(x.value(), true) : x;
      if (differentiable) wanted.push_back(x);
    }
    const Variable y = sample.run(inputs);
    const Philox stream{99, 0};
    Tensor seed = Tensor::empty(y.shape(), DType::f64);
    for (int64_t i = 0; i < seed.numel(); ++i)
      seed.data<double>()[i] = std::round(stream(static_cast<uint64_t>(i))[0] * 0x1p-30 * 64) / 64 - 2;
    return grad({y}, wanted, {.grad_outputs = {cast(seed.to(device), y.dtype())}, .allow_unused = true});
  };
  const Guards guards;
  const Variables f32 = gradients(DType::f32), f64 = gradients(DType::f64);
  REQUIRE_NOTHROW(allocator({}).check_guards());
  for (size_t i = 0; i < f32.size(); ++i) {
    INFO("gradient " << i);
    REQUIRE(f32[i].defined() == f64[i].defined());
    if (!f32[i].defined()) continue;
    CHECK(f32[i].dtype() == DType::f32);
    CHECK(difference(to_array(f32[i].value()), to_array(f64[i].value()),
                     16 * sample.tolerance * epsilon(DType::f32)) == "");
  }
}

void check_refusal(const Refusal& refusal) {
  std::string text = "(nothing was thrown)";
  try {
    refusal.run();
  } catch (const Error& e) {
    text = e.what();
  }
  CHECK_THAT(text, Catch::Contains(refusal.message));
}

Differentiable as_differentiable(const Sample& sample) {
  return [&sample](const Variables& v) -> Variables { return {sample.run(v)}; };
}

void register_tests(const Record& record, const Sample& sample, Device device) {
  const char* const kind = device.is_host() ? "cpu" : device.type == DeviceType::cuda ? "cuda" : "emulated";
  const std::string tags = concat("[ops][", kind, "][", record.op, "]");
  const auto add = [&](const char* check, DType dtype, std::function<void()> f) {
    add_test(concat(record.op, "/", check, "/", device, "/", dtype, "/", sample.name), tags, std::move(f));
  };
  for (const DType dtype : {DType::f32, DType::f64})
    add("value", dtype, [=, &sample] {
      device.is_host() ? check_value(sample, dtype) : check_value_on(device, sample, dtype);
    });
  if (!sample.gradient) return;
  add("gradient", DType::f32, [=, &sample] { check_gradient_f32(sample, device); });
  add("gradient", DType::f64, [=, &sample] {
    const Guards guards;
    CHECK_NOTHROW(gradcheck(as_differentiable(sample), make_inputs(sample, DType::f64, device)));
    CHECK_NOTHROW(allocator({}).check_guards());
  });
  add("gradgrad", DType::f64, [=, &sample] {
    CHECK_NOTHROW(gradgradcheck(as_differentiable(sample), make_inputs(sample, DType::f64, device)));
  });
}

void register_tests(const Record& record) {
  static const std::vector<Device> devices = other_devices();
  for (const Sample& sample : record.samples) {
    register_tests(record, sample, Device{});
    for (const Device device : devices) register_tests(record, sample, device);
  }
  for (const Refusal& refusal : record.refusals)
    add_test(record.op + "/refusal/" + refusal.name, "[ops][cpu][" + record.op + "]",
             [&] { check_refusal(refusal); });
}

}  // namespace

void register_op_tests() {
  for (const Record& record : op_table()) register_tests(record);
  for (const Record& record : kernel_table()) register_tests(record);
}

}  // namespace saddle::test
