// One pass over a source.
#pragma once
#include <functional>

#include "gan/data/loader.h"

namespace saddle {

/// Gives `f` the first `count` images of the source, all if that is 0, in their order, as `options` prepares
/// them: their batches are this function's own, and images neither mirrored nor left out. Throws UsageError
/// for a source without labels.
void for_labelled(const std::shared_ptr<const Source>& source, LoaderOptions options, int64_t count,
                  const std::function<void(const Batch&)>& f);

}  // namespace saddle
