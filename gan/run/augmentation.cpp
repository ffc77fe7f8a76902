#include "gan/run/augmentation.h"

#include <algorithm>

#include "core/error.h"
#include "gan/data/grid.h"
#include "gan/data/mixed.h"
#include "gan/data/sources.h"
#include "gan/run/checkpoint.h"

namespace saddle {
namespace {

/// Images are made so many at once: floats of few are in memory beside the bytes of all.
constexpr int64_t made_at_once = 256;

/// u8 [N,C,H,W] of f32 images [N,C,H,W].
Tensor planes(const Tensor& images) {
  const Shape& s = images.shape();
  return to_pixels(images.reshape({s[0] * s[1], 1, s[2], s[3]})).reshape({s[0], s[1], s[2], s[3]});
}

}  // namespace

std::shared_ptr<const Source> generated_source(const GeneratedImages& images,
                                               const std::vector<std::string>& classes, Device device) {
  const Checkpoint checkpoint = open_checkpoint(images.from, [](const std::string&) {});
  const std::unique_ptr<Game> game = make_game(checkpoint, device);
  const auto known = static_cast<int64_t>(classes.size());
  const int64_t made_of = game->generates() ? game->classes() : 0;
  require<UsageError>(made_of == known, images.from, ": makes images of ", made_of, " classes, the data has ",
                      known);
  Tensor pixels, labels = Tensor::empty({images.count}, DType::i64);
  for (int64_t i = 0; i < images.count; ++i) labels.data<int64_t>()[i] = i % known;
  for (int64_t first = 0; first < images.count; first += made_at_once) {
    const int64_t n = std::min(made_at_once, images.count - first);
    std::vector<uint64_t> seeds;
    for (int64_t i = 0; i < n; ++i) seeds.push_back(static_cast<uint64_t>(first + i));
    const std::span<const int64_t> asked(labels.data<int64_t>() + first, static_cast<size_t>(n));
    const Tensor made = planes(game->generate(game->latents(seeds), Tensor::from(asked, {n})));
    if (!pixels.defined()) {
      Shape shape = made.shape();
      shape.set(0, images.count);
      pixels = Tensor::empty(shape, DType::u8);
    }
    std::copy_n(made.data<uint8_t>(), made.numel(), pixels.data<uint8_t>() + first * (made.numel() / n));
  }
  return std::make_shared<ArraySource>(concat("made by ", checkpoint.model, ", step ", checkpoint.step),
                                       images.from, pixels, labels, classes);
}

std::shared_ptr<const Source> augmented(const std::shared_ptr<const Source>& source,
                                        const GeneratedImages& images, double p_real, Device device) {
  if (p_real == 1) return source;
  const auto made = generated_source(images, source->classes(), device);
  return p_real == 0 ? made : mixed(source, made, p_real);
}

}  // namespace saddle
