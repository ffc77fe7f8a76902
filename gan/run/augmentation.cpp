#include "gan/run/augmentation.h"

#include <algorithm>

#include "core/error.h"
#include "gan/data/grid.h"
#include "gan/data/mixed.h"
#include "gan/data/sources.h"
#include "gan/generated.h"
#include "gan/run/checkpoint.h"

namespace saddle {
namespace {

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
  int64_t made = 0;
  for_generated(*game, images.count, [&](const Tensor& some, const Tensor& asked) {
    const Tensor bytes = planes(some);
    if (!pixels.defined()) {
      Shape shape = bytes.shape();
      shape.set(0, images.count);
      pixels = Tensor::empty(shape, DType::u8);
    }
    const int64_t each = bytes.numel() / asked.numel();
    std::copy_n(bytes.data<uint8_t>(), bytes.numel(), pixels.data<uint8_t>() + made * each);
    std::copy_n(asked.data<int64_t>(), asked.numel(), labels.data<int64_t>() + made);
    made += asked.numel();
  });
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
