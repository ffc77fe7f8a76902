// Batches from a source: decoded, brought to size, shuffled an epoch at a time, prepared ahead on another
// thread.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "core/named_tensors.h"
#include "gan/batch.h"
#include "gan/data/source.h"

namespace saddle {

struct LoaderOptions {
  int64_t batch = 64;
  int64_t size = 64;      ///< height and width: the centre square is scaled to it (gan/data/transform.h)
  int64_t channels = 3;   ///< 1 or 3; colour to grey by luma, grey to colour by copying; points: 2, of size 1
  bool shuffle = true;    ///< a new permutation each epoch, a function of (seed, epoch)
  bool flip = false;      ///< each image mirrored with probability 1/2, a function of (seed, position)
  bool skip_bad = false;  ///< replace images that do not decode, with one warning each, instead of throwing
  double background = 1;  ///< what transparent pixels are composited over, in [0, 1]
  uint64_t seed = 0;
  int prefetch = 2;  ///< batches prepared ahead, each on a thread of its own; 0: none, next() does it all
  /// Told once of each image that skip_bad replaces, on the thread that calls next().
  std::function<void(const std::string&)> warn = {};
};

/// A batch is a function of the source, the options and its position alone: neither `prefetch` nor what was
/// read before changes it. An image that is replaced gives its place to the next one in the epoch's order
/// that decodes.
class Loader {
 public:
  /// Throws UsageError for options out of range. Images are only read by next().
  Loader(std::shared_ptr<const Source> source, LoaderOptions options);
  ~Loader();

  /// The next batch, always full: the end of an epoch is followed by the start of the next. The source
  /// prepares on the calling thread, before any other asks it for an image. Throws the Error of an image that
  /// does not decode; with skip_bad only if none is left. The position then stays where it was.
  Batch next();
  /// Epochs finished so far, in batches handed out (not those prepared ahead).
  double epochs() const;

  /// The position behind the last batch that next() gave: `data.epoch`, `data.index`, i64.
  NamedTensors state() const;
  /// Goes to that position. Throws Error for a state that lacks it or lies beyond the source's images.
  void load_state(const NamedTensors& state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saddle
