#include "bench/kernels.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "bench/cases.h"
#include "bench/ceilings.h"
#include "bench/gpu_timer.h"
#include "core/error.h"

namespace saddle::bench {
namespace {

struct Family {
  const char* name;
  Cases (*cases)(const Setting& setting);
};
constexpr Family families[] = {{"conv", conv_cases},         {"matmul", matmul_cases},
                               {"norm", norm_cases},         {"elementwise", elementwise_cases},
                               {"reduce", reduce_cases},     {"softmax", softmax_cases},
                               {"loss", loss_cases},         {"pool", pool_cases},
                               {"resample", resample_cases}, {"shape", shape_cases},
                               {"random", random_cases},     {"optim", optim_cases}};

void check_family(const std::string& family) {
  std::string known;
  for (const auto& [name, cases] : families) {
    if (family.empty() || family == name) return;
    known += concat(known.empty() ? "" : ", ", name);
  }
  throw UsageError("kernels: there is no family '" + family + "'; there are: " + known);
}

/// A geometric mean that grows.
class Mean {
 public:
  void add(double value) {
    logarithms_ += std::log(value);
    ++count_;
  }
  int count() const { return count_; }
  double value() const { return std::exp(logarithms_ / count_); }

 private:
  double logarithms_ = 0;
  int count_ = 0;
};

class Deadline {
 public:
  explicit Deadline(double seconds) : seconds_(seconds) {}
  bool is_over() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count() >= seconds_;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double seconds_;
};

/// Over the layers of one kernel.
struct Summary {
  std::string kernel;
  Mean share, warm, cold;  ///< of the ceiling; how many times as fast as the peer
};

class Report {
 public:
  Report(const Setting& setting, double budget, double peer_seconds)
      : setting_(setting),
        budget_(budget),
        peer_seconds_(peer_seconds),
        // What takes no time says nothing about the machine.
        ceilings_(setting.scale == Scale::small ? Ceilings{} : ceilings(setting.device, setting.precision)) {}

  void print_header() const {
    std::printf("device: %s, %s\n", setting_.device.str().c_str(), name_of(setting_.precision));
    std::printf("ceilings: %s\n", ceilings_.str().c_str());
    std::printf("peers: %s\n\n", peers_on(setting_.device).c_str());
  }

  void print_family(const Family& family) {
    summaries_.clear();
    for (const Case& c : family.cases(setting_)) print_case(c);
    for (const Summary& summary : summaries_) print_summary(family.name, summary);
    std::printf("\n");
  }

 private:
  bool on_gpu() const { return setting_.device.type == DeviceType::cuda; }

  void print_case(const Case& c) {
    const Times own = time_on(setting_.device, c.make(), budget_);
    Summary& summary = summary_of(c.kernel);
    const bool arithmetic = c.operations > 0;
    // What a memory-bound kernel takes from the cache, it does not take from memory.
    const double seconds = arithmetic ? own.warm : own.cold;
    const double rate = (arithmetic ? c.operations : c.bytes) / seconds;
    const double ceiling = arithmetic ? ceilings_.arithmetic : ceilings_.bandwidth;
    std::printf("%-19s %-44s %9.4f ms", c.kernel.c_str(), c.shape.c_str(), own.warm * 1e3);
    if (on_gpu()) std::printf(" %9.4f cold", own.cold * 1e3);
    std::printf(" %8.1f %-7s", rate * 1e-9, arithmetic ? "GFLOP/s" : "GB/s");
    if (ceiling > 0) {
      std::printf(" %4.0f %%", 100 * rate / ceiling);
      summary.share.add(rate / ceiling);
    }
    if (c.peers) print_peer(c, own, summary);
    std::printf("\n");
    std::fflush(stdout);
  }

  void print_peer(const Case& c, const Times& own, Summary& summary) const {
    const Candidates candidates = c.peers();
    const Deadline deadline(peer_seconds_);
    const Candidate* best = nullptr;
    double least = 0;
    size_t tried = 0;
    for (const Candidate& candidate : candidates) {
      if (tried > 0 && deadline.is_over()) break;
      ++tried;
      if (const std::optional<Times> times = try_candidate(candidate, 0);
          times && (!best || times->warm < least))
        best = &candidate, least = times->warm;
    }
    const std::optional<Times> times = best ? try_candidate(*best, budget_) : std::nullopt;
    if (!times) return;
    summary.warm.add(times->warm / own.warm);
    summary.cold.add(times->cold / own.cold);
    std::printf("  peer %9.4f ms", times->warm * 1e3);
    if (on_gpu()) std::printf(" %9.4f cold", times->cold * 1e3);
    std::printf("  %5.2f times as fast (%s, of %zu ways", times->warm / own.warm, best->name.c_str(), tried);
    if (tried < candidates.size()) std::printf("; %zu not tried", candidates.size() - tried);
    std::printf(")");
  }

  /// Nothing if the peer has not this way.
  std::optional<Times> try_candidate(const Candidate& candidate, double budget) const {
    try {
      return time_on(setting_.device, candidate.make(), budget);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  Summary& summary_of(const std::string& kernel) {
    for (Summary& summary : summaries_)
      if (summary.kernel == kernel) return summary;
    summaries_.push_back({kernel, {}, {}, {}});
    return summaries_.back();
  }

  void print_summary(const char* family, const Summary& summary) const {
    if (summary.share.count() == 0) return;
    std::printf("%s: %s: geometric mean of %d: %.0f %% of the ceiling", family, summary.kernel.c_str(),
                summary.share.count(), 100 * summary.share.value());
    if (summary.warm.count() > 0)
      std::printf("; %.2f times as fast as the peer in %d", summary.warm.value(), summary.warm.count());
    if (summary.cold.count() > 0 && on_gpu()) std::printf(", cold %.2f", summary.cold.value());
    std::printf("\n");
  }

  const Setting& setting_;
  double budget_, peer_seconds_;
  Ceilings ceilings_;
  std::vector<Summary> summaries_;
};

}  // namespace

void print_kernels(const KernelsOptions& options) {
  check_family(options.family);
  Setting setting;
  setting.device = parse_device(options.device);
  set_precision(options.precision, setting.device);
  setting.precision = precision();
  const bool gpu = setting.device.type == DeviceType::cuda;
  setting.scale = gpu ? Scale::gpu : Scale::cpu;
  const bool small = options.small || setting.device.type == DeviceType::emulated;
  if (small) setting.scale = Scale::small;
  setting.networks = networks(setting.scale);

  Report report(setting, small ? 0 : gpu ? 0.02 : 0.2, options.peer_seconds);
  report.print_header();
  for (const Family& family : families)
    if (options.family.empty() || options.family == family.name) report.print_family(family);
}

}  // namespace saddle::bench
