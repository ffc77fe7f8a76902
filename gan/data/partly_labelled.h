// A source of which few labels are known.
#pragma once
#include <memory>

#include "gan/data/source.h"

namespace saddle {

/// All images of `source` without labels, and as many again with: the first `labelled` ones that have a
/// label, as many of each class as of another, over and over. Throws UsageError unless `labelled` is a
/// multiple of the classes' number and every class has enough.
std::shared_ptr<const Source> partly_labelled(std::shared_ptr<const Source> source, int64_t labelled);

}  // namespace saddle
