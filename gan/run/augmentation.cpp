#include "gan/run/augmentation.h"

#include <algorithm>
#include <mutex>

#include "core/error.h"
#include "gan/data/grid.h"
#include "gan/data/mixed.h"
#include "gan/generated.h"
#include "gan/run/checkpoint.h"

namespace saddle {
namespace {

/// u8 [count,H,W,C].
Tensor generated_pixels(Game& game, int64_t count) {
  Tensor all;
  int64_t bytes = 0;
  for_generated(game, count, [&](const Tensor& images, const Tensor&) {
    const Tensor some = to_pixels(images);
    if (!all.defined()) {
      Shape shape = some.shape();
      shape.set(0, count);
      all = Tensor::empty(shape, DType::u8);
    }
    std::copy_n(some.data<uint8_t>(), some.numel(), all.data<uint8_t>() + bytes);
    bytes += some.numel();
  });
  return all;
}

class Generated : public Source {
 public:
  Generated(GeneratedImages images, const Checkpoint& checkpoint, std::unique_ptr<Game> game,
            std::vector<std::string> classes)
      : images_(std::move(images)), classes_(std::move(classes)), game_(std::move(game)) {
    const int64_t size = settings_of(checkpoint).integer("size");
    description_ = concat("made by ", checkpoint.model, ", step ", checkpoint.step, ", ", images_.count,
                          " images ", size, 'x', size, ", ", classes_.size(), " classes");
  }

  std::string description() const override { return description_; }
  int64_t size() const override { return images_.count; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string name(int64_t i) const override { return concat(images_.from, ", image ", i); }
  void prepare() const override {
    std::call_once(once_, [this] {
      pixels_ = generated_pixels(*game_, images_.count);
      game_.reset();
    });
  }
  Example load(int64_t i) const override {
    prepare();
    const Shape& all = pixels_.shape();
    Example example{Tensor::empty({all[1], all[2], all[3]}, DType::u8), label(i)};
    const int64_t bytes = example.pixels.numel();
    std::copy_n(pixels_.data<uint8_t>() + i * bytes, bytes, example.pixels.data<uint8_t>());
    return example;
  }
  int64_t label(int64_t i) const override { return i % static_cast<int64_t>(classes_.size()); }

 private:
  GeneratedImages images_;
  std::string description_;
  std::vector<std::string> classes_;
  mutable std::once_flag once_;         // of the two below
  mutable std::unique_ptr<Game> game_;  // until images are made
  mutable Tensor pixels_;
};

}  // namespace

std::shared_ptr<const Source> generated_source(const GeneratedImages& images,
                                               const std::vector<std::string>& classes, Device device) {
  const Checkpoint checkpoint = open_checkpoint(images.from, [](const std::string&) {});
  std::unique_ptr<Game> game = make_game(checkpoint, device);
  const auto known = static_cast<int64_t>(classes.size());
  const int64_t made_of = game->generates() ? game->classes() : 0;
  require<UsageError>(made_of == known, images.from, ": makes images of ", made_of, " classes, the data has ",
                      known);
  return std::make_shared<Generated>(images, checkpoint, std::move(game), classes);
}

std::shared_ptr<const Source> augmented(const std::shared_ptr<const Source>& source,
                                        const GeneratedImages& images, double p_real, Device device) {
  if (p_real == 1) return source;
  const auto made = generated_source(images, source->classes(), device);
  return p_real == 0 ? made : mixed(source, made, p_real);
}

}  // namespace saddle
