#include "gan/data/pass.h"

#include <algorithm>

#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {
namespace {

/// Images are looked at so many at once, which bounds the memory that it takes.
constexpr int64_t looked_at_once = 128;

}  // namespace

void for_labelled(const std::shared_ptr<const Source>& source, LoaderOptions options, int64_t count,
                  const std::function<void(const Batch&)>& f) {
  require<UsageError>(!source->classes().empty(), "the data has no labels: ", source->description());
  const int64_t images = count == 0 ? source->size() : std::min(count, source->size());
  options.batch = std::min(looked_at_once, images);
  options.shuffle = options.flip = options.skip_bad = false;
  Loader loader(source, options);
  for (int64_t seen = 0; seen < images; seen += options.batch) {
    Batch batch = loader.next();
    if (const int64_t left = images - seen; left < options.batch) {  // the rest is the next epoch's
      const NoGrad no_grad;
      batch = {slice(batch.images, 0, 0, left).value(), slice(batch.labels, 0, 0, left).value()};
    }
    f(batch);
  }
}

}  // namespace saddle
