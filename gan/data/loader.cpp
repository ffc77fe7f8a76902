#include "gan/data/loader.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>

#include "core/random.h"
#include "gan/data/transform.h"

namespace saddle {
namespace {

constexpr uint32_t shuffle_stream = 0xDA7A0001, flip_stream = 0xDA7A0002;

/// The order of an epoch's images.
using Order = std::vector<uint32_t>;

/// Fisher-Yates (Durstenfeld, "Algorithm 235: Random permutation", CACM 1964).
Order permutation(int64_t n, uint64_t seed, int64_t epoch) {
  Order order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0u);
  Generator random(derive_seed(derive_seed(seed, shuffle_stream), static_cast<uint32_t>(epoch)));
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.below(static_cast<uint32_t>(left))]);
  return order;
}

template <class T>
void check_range(const char* option, T value, T min, T max) {
  require<UsageError>(value >= min && value <= max, option, ' ', value, " is not between ", min, " and ",
                      max);
}

/// Thrown by a thread that is to end, to nobody.
struct Stopped {};

}  // namespace

struct Loader::Impl {
  /// What preparing the batch at a position came to.
  struct Prepared {
    Batch batch;
    std::vector<std::pair<int64_t, std::string>> bad;  // images replaced, and why
    std::exception_ptr error;
  };

  Impl(std::shared_ptr<const Source> from, LoaderOptions o)
      : source(std::move(from)), options(std::move(o)), n(source->size()) {}
  ~Impl() { halt(); }

  // Positions count images from the start of the first epoch.
  const std::shared_ptr<const Source> source;
  const LoaderOptions options;
  const int64_t n;
  std::set<int64_t> warned;

  std::mutex mutex;  // guards the five below
  std::condition_variable moved, filled;
  int64_t position = 0;    // behind the last batch handed out
  int64_t unprepared = 0;  // of the first batch that no thread has taken on
  std::map<int64_t, Prepared> prepared;
  std::vector<std::thread> threads;
  std::atomic<bool> stopping = false;

  std::mutex orders_mutex;
  std::array<std::pair<int64_t, std::shared_ptr<const Order>>, 2> orders;  // the latest, at epoch % 2

  std::shared_ptr<const Order> order_of(int64_t epoch) {
    const std::lock_guard lock(orders_mutex);
    auto& [held, order] = orders[static_cast<size_t>(epoch % 2)];
    if (!order || held != epoch) {
      order = std::make_shared<const Order>(permutation(n, options.seed, epoch));
      held = epoch;
    }
    return order;
  }

  /// The image at `at`, or with skip_bad the next one that decodes.
  Example load(int64_t at, std::vector<std::pair<int64_t, std::string>>& bad) {
    const auto order = options.shuffle ? order_of(at / n) : nullptr;
    std::string reason;
    for (int64_t tried = 0; tried < n; ++tried) {
      if (stopping) throw Stopped();
      const int64_t place = (at % n + tried) % n;
      const int64_t i = order ? (*order)[static_cast<size_t>(place)] : place;
      try {
        return source->load(i);
      } catch (const OutOfMemory&) {
        throw;
      } catch (const Error& error) {
        if (!options.skip_bad) throw;
        bad.emplace_back(i, reason = error.what());
      }
    }
    throw Error(concat("none of the ", n, " images can be read; the last: ", reason));
  }

  Prepared prepare(int64_t start) {
    Prepared result;
    try {
      const auto [batch, size, channels] = std::tie(options.batch, options.size, options.channels);
      const TransformOptions to{.size = size, .channels = channels, .background = options.background};
      const Philox flips{derive_seed(options.seed, flip_stream)};
      result.batch.images = Tensor::empty({batch, channels, size, size});
      if (!source->classes().empty()) result.batch.labels = Tensor::empty({batch}, DType::i64);
      for (int64_t i = 0; i < batch; ++i) {
        const Example example = load(start + i, result.bad);
        const bool flip = options.flip && (flips(static_cast<uint64_t>(start + i))[0] & 1) != 0;
        float* image = result.batch.images.data<float>() + i * channels * size * size;
        if (source->has_points())
          std::copy_n(example.pixels.data<float>(), 2, image);
        else
          transform(example.pixels, to, flip, image);
        if (result.batch.labels.defined()) result.batch.labels.data<int64_t>()[i] = example.label;
      }
    } catch (...) {
      result.error = std::current_exception();
    }
    return result;
  }

  /// A thread's life: it takes on one batch after another, no further ahead than `prefetch`.
  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      moved.wait(lock, [&] { return stopping || unprepared < position + options.prefetch * options.batch; });
      if (stopping) return;
      const int64_t start = unprepared;
      unprepared += options.batch;
      lock.unlock();
      Prepared result = prepare(start);
      lock.lock();
      prepared.emplace(start, std::move(result));
      filled.notify_all();
    }
  }

  /// Ends the threads and forgets what they prepared. They start again with the next batch that is asked for.
  void halt() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    moved.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    prepared.clear();
    stopping = false;
  }

  void start() {
    unprepared = position;
    for (int i = 0; i < options.prefetch; ++i) threads.emplace_back([this] { work(); });
  }

  Prepared take() {
    if (options.prefetch == 0) return prepare(position);
    if (threads.empty()) start();
    std::unique_lock lock(mutex);
    filled.wait(lock, [&] { return prepared.contains(position); });
    return std::move(prepared.extract(position).mapped());
  }

  void advance() {
    {
      const std::lock_guard lock(mutex);
      position += options.batch;
    }
    moved.notify_all();
  }
};

Loader::Loader(std::shared_ptr<const Source> source, LoaderOptions options) {
  check_range<int64_t>("batch", options.batch, 1, 1 << 20);
  check_range<int64_t>("size", options.size, 1, 1 << 14);
  if (source->has_points())
    require<UsageError>(options.channels == 2 && options.size == 1 && !options.flip, "channels ",
                        options.channels, ", size ", options.size, options.flip ? ", flipped" : "",
                        ": points have channels 2, size 1, and are not flipped");
  else
    require<UsageError>(options.channels == 1 || options.channels == 3, "channels ", options.channels,
                        " is neither 1 nor 3");
  check_range("background", options.background, 0.0, 1.0);
  check_range("prefetch", options.prefetch, 0, 256);
  const int64_t n = source->size();
  require<Error>(n >= 1 && n <= std::numeric_limits<uint32_t>::max(), source->description(), ": ", n,
                 " images are not between 1 and 2^32 - 1");
  impl_ = std::make_unique<Impl>(std::move(source), std::move(options));
}

Loader::~Loader() = default;

Batch Loader::next() {
  impl_->source->prepare();
  Impl::Prepared result = impl_->take();
  if (result.error) {
    impl_->halt();
    std::rethrow_exception(result.error);
  }
  impl_->advance();
  for (const auto& [i, reason] : result.bad)
    if (impl_->warned.insert(i).second && impl_->options.warn) impl_->options.warn(reason + "; left out");
  return result.batch;
}

double Loader::epochs() const {
  return static_cast<double>(impl_->position) / static_cast<double>(impl_->n);
}

NamedTensors Loader::state() const {
  const auto scalar = [](int64_t value) { return Tensor::from(std::vector{value}, {}); };
  return {{"data.epoch", scalar(impl_->position / impl_->n)},
          {"data.index", scalar(impl_->position % impl_->n)}};
}

void Loader::load_state(const NamedTensors& state) {
  const auto number = [&](const char* name) {
    const Tensor* tensor = find(state, name);
    require<Error>(tensor && tensor->dtype() == DType::i64 && tensor->numel() == 1, "loader state: ", name,
                   tensor ? " is not one i64 number" : " is missing");
    return tensor->to_vector<int64_t>()[0];
  };
  const int64_t epoch = number("data.epoch"), index = number("data.index"), n = impl_->n;
  require<Error>(epoch >= 0 && epoch < std::numeric_limits<uint32_t>::max(), "loader state: data.epoch is ",
                 epoch);
  require<Error>(index >= 0 && index < n, "loader state: data.index ", index, " is not below the ", n,
                 " images of the source; it was saved with another");
  impl_->halt();
  impl_->position = epoch * n + index;
}

}  // namespace saddle
