// Nothing may escape the op table: every op that any file lists has a record, every sample of a record is
// named once, and running the table calls every kernel.
#include <catch2/catch.hpp>
#include <set>

#include "autograd/grad.h"
#include "autograd/graph.h"
#include "kernels/kernel.h"
#include "tests/ops/record.h"

using namespace saddle;

TEST_CASE("every op has its record, every record an op", "[ops][coverage]") {
  std::set<std::string> ops, records;
  for (const std::string name : all_ops())
    if (!name.starts_with("test:")) ops.insert(name);  // made by other tests of this program
  for (const test::Record& record : test::op_table()) {
    CHECK(records.insert(record.op).second);
    CHECK(!record.samples.empty());
    std::set<std::string> names;
    for (const test::Sample& sample : record.samples) {
      INFO(record.op << " " << sample.name);
      CHECK(names.insert(sample.name).second);
      CHECK(sample.reference);
    }
  }
  for (const std::string& op : ops) {
    INFO("op " << op);
    CHECK(records.contains(op));
  }
  for (const std::string& record : records) {
    INFO("record " << record);
    CHECK(ops.contains(record));
  }
}

TEST_CASE("records of kernels name kernels", "[ops][coverage]") {
  std::set<std::string> kernels;
  for (const kernels::KernelEntry* kernel : kernels::all_kernels()) kernels.insert(kernel->name);
  for (const test::Record& record : test::kernel_table()) {
    INFO("record " << record.op);
    CHECK(kernels.contains(record.op));
    CHECK(!record.samples.empty());
  }
}

TEST_CASE("the tables call every kernel", "[ops][coverage]") {
  for (kernels::KernelEntry* kernel : kernels::all_kernels()) kernel->calls = 0;
  for (const test::Record& record : test::op_table()) {
    const test::Sample& sample = record.samples.front();
    const Variable y = sample.run(test::make_inputs(sample, DType::f32));
    if (sample.gradient && y.requires_grad()) backward(sum(y));
  }
  for (const test::Record& record : test::kernel_table())
    record.samples.front().run(test::make_inputs(record.samples.front(), DType::f32));
  for (kernels::KernelEntry* kernel : kernels::all_kernels()) {
    INFO("kernel " << kernel->name);
    CHECK(kernel->calls > 0);
  }
}
