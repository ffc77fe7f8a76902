// Where images come from: a path whose kind is recognised, or a built-in generator.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace saddle {

/// One image as it lies in the source, or one point.
struct Example {
  /// u8 [H, W, C], C in 1..4 (4: RGB and alpha, 2: grey and alpha); of a source of points f32 [2], x and y.
  Tensor pixels;
  int64_t label = -1;  ///< -1: none
};

class Source {
 public:
  virtual ~Source() = default;

  /// What it is, for people: `IDX, 60000 images 28x28, 10 classes`.
  virtual std::string description() const = 0;
  virtual int64_t size() const = 0;
  /// Whether its examples are points of the plane, not images.
  virtual bool has_points() const { return false; }
  /// Class names by label; empty if the source has no labels.
  virtual const std::vector<std::string>& classes() const = 0;
  /// Names example i in messages: its file, or its place in a file.
  virtual std::string name(int64_t i) const = 0;
  /// Makes, on the calling thread, what takes long before a first image can be loaded, once. Whoever does not
  /// call it has the first load() do it.
  virtual void prepare() const {}
  /// Safe to call from several threads at once. Throws Error that names the file if it does not decode.
  virtual Example load(int64_t i) const = 0;
  /// That of load(i), without decoding the image where the source knows it.
  virtual int64_t label(int64_t i) const { return load(i).label; }
};

/// Opens `text`: `shapes`, a mixture's name (gan/data/mixture.h), an IDX file or folder (plain or .gz), a
/// CIFAR-10 binary folder or file, a folder of images (nested too), class folders. Throws Error that says
/// what was looked for if nothing fits, if the path does not exist or holds no images. `seed` drives the
/// built-in generators.
std::unique_ptr<Source> open_source(const std::string& text, uint64_t seed = 0);

/// True for the name of a built-in generator, which open_source never takes for a path.
bool is_built_in_source(const std::string& text);

}  // namespace saddle
