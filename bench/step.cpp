#include "bench/step.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench/timing.h"
#include "bench/workloads/workloads.h"
#include "core/allocator.h"
#include "core/device_runtime.h"
#include "core/error.h"
#include "core/precision.h"
#include "core/step_graph.h"
#include "core/thread_pool.h"

namespace saddle::bench {
namespace {

constexpr Workload workloads[] = {{"dcgan", 64, 64, dcgan},
                                  {"wgan-gp", 64, 64, wgan_gp},
                                  {"cyclegan", 1, 128, cyclegan},
                                  {"pix2pix", 1, 256, pix2pix}};

const Workload& find_workload(const std::string& name) {
  std::string known;
  for (const Workload& workload : workloads) {
    if (name == workload.name) return workload;
    known += concat(known.empty() ? "" : ", ", workload.name);
  }
  throw UsageError("step: there is no workload '" + name + "'; there are: " + known);
}

/// In MiB: of this process so far; on a GPU, of what tensors took there.
int64_t peak_memory(Device device) {
  if (device.type == DeviceType::cuda)
    return static_cast<int64_t>(allocator(device).stats().bytes_peak >> 20);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

double rounded(double value, double places) {
  return std::round(value * places) / places;
}

}  // namespace

void print_step(const StepOptions& options) {
  Workload workload = find_workload(options.model);
  require<UsageError>(options.batch >= 0 && options.size >= 0 && options.steps >= 1,
                      "step: batch, size and steps must be positive, got ", options.batch, ", ", options.size,
                      " and ", options.steps);
  if (options.batch > 0) workload.batch = options.batch;
  if (options.size > 0) workload.size = options.size;
  const Device device = parse_device(options.device);
  set_precision(options.precision, device);
  workload.graph = options.graph && StepGraph::available(device);
  const std::function<void()> step = workload.make(workload, device);
  const auto whole_step = [&] {
    step();
    synchronize(device);
  };
  const std::vector<double> times =
      time_each(whole_step, workload.graph ? 4 : 2, static_cast<int>(options.steps));
  const double middle = median(times), least = *std::min_element(times.begin(), times.end());
  const nlohmann::ordered_json line = {
      {"peer", "saddle " SADDLE_VERSION},
      {"model", workload.name},
      {"device", device.str()},
      {"precision", name_of(precision())},
      {"graph", workload.graph},
      {"batch", workload.batch},
      {"size", workload.size},
      {"threads", num_threads()},
      {"median_s", rounded(middle, 1e5)},
      {"min_s", rounded(least, 1e5)},
      {"images_per_s", rounded(static_cast<double>(workload.batch) / middle, 1e2)},
      {"peak_mib", peak_memory(device)},
  };
  std::printf("%s\n", line.dump().c_str());
}

}  // namespace saddle::bench
