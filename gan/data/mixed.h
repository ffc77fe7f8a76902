// Sources made of others.
#pragma once
#include <memory>

#include "gan/data/source.h"

namespace saddle {

/// The first `count` images of a source; all if it has no more.
std::shared_ptr<const Source> first_images(std::shared_ptr<const Source> source, int64_t count);

/// Both sources as one, of which `share` are images of the first. Each image is there at least once, those of
/// the source that is too small for its share over and over. Classes are the first's. Throws UsageError for a
/// share below 0.01 or above 0.99.
std::shared_ptr<const Source> mixed(std::shared_ptr<const Source> first, std::shared_ptr<const Source> second,
                                    double share);

/// A source's images without labels.
std::shared_ptr<const Source> without_labels(std::shared_ptr<const Source> source);

}  // namespace saddle
