#include "core/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace saddle {
namespace {

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

int available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

struct Job {
  detail::RangeFunction run;
  void* context;
  int64_t n, grain, ranges;
  std::atomic<int64_t> next{0};
  std::mutex mutex{};
  std::exception_ptr error{};

  void work() {
    for (int64_t k = next.fetch_add(1); k < ranges; k = next.fetch_add(1)) {
      try {
        run(context, k * grain, std::min(n, (k + 1) * grain));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
      }
    }
  }
};

thread_local bool inside_pool = false;

/// Workers wait for a new ticket, first by spinning (kernels follow each other within microseconds), then
/// asleep. The caller waits only for workers that took up its job: one that the system has not yet given a
/// processor, on a busy machine, misses it.
class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { loop(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

  int threads() const { return static_cast<int>(threads_.size()) + 1; }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      ticket_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    job.work();
    {
      const std::lock_guard lock(mutex_);
      job_ = nullptr;
    }
    // All ranges are taken; wait for the workers to let go of the job.
    for (int spin = 0; busy_.load(std::memory_order_acquire) > 0; ++spin)
      spin < spin_limit ? pause() : std::this_thread::yield();
  }

 private:
  static constexpr int spin_limit = 4000;

  void loop() {
    inside_pool = true;
    for (uint64_t seen = 0;;) {
      for (int spin = 0; spin < spin_limit && ticket_.load(std::memory_order_acquire) == seen; ++spin)
        pause();
      Job* job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ticket_.load(std::memory_order_relaxed) != seen; });
        if (stop_) return;
        seen = ticket_.load(std::memory_order_relaxed);
        job = job_;
        if (job) busy_.fetch_add(1, std::memory_order_relaxed);
      }
      if (!job) continue;
      job->work();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int> busy_{0};  // workers at the job
  Job* job_ = nullptr;        // of the newest ticket, until all its ranges are taken
  bool stop_ = false;
};

std::mutex pool_mutex;  // held by the one thread that uses or replaces the pool
std::unique_ptr<Pool> pool;
std::atomic<int> thread_count{0};

}  // namespace

int num_threads() {
  const int n = thread_count.load();
  return n > 0 ? n : available_processors();
}

void set_num_threads(int n) {
  require<UsageError>(n >= 1 && n <= 1024, "threads: ", n, " is not between 1 and 1024");
  const std::lock_guard lock(pool_mutex);
  thread_count = n;
  pool.reset();
}

void detail::parallel_for(int64_t n, int64_t grain, RangeFunction run, void* context) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  Job job{.run = run, .context = context, .n = n, .grain = grain, .ranges = (n + grain - 1) / grain};
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (job.ranges == 1 || inside_pool || num_threads() == 1 || !lock.try_lock()) {
    job.work();
  } else {
    if (!pool || pool->threads() != num_threads()) pool = std::make_unique<Pool>(num_threads() - 1);
    inside_pool = true;
    pool->run(job);
    inside_pool = false;
  }
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace saddle
