// Data that a trained generator adds to.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/device.h"
#include "gan/data/source.h"

namespace saddle {

/// Where a generator comes from, and what is asked of it.
struct GeneratedImages {
  std::string from;       ///< a run folder, or a checkpoint
  int64_t count = 10000;  ///< images, those of seeds 0, 1, ..
};

/// That many images, of classes 0, 1, .. by turns, the same each time. All are made when the first is asked
/// for (Source::prepare), and kept as bytes. Throws UsageError unless it makes images of as many classes as
/// `classes` names.
std::shared_ptr<const Source> generated_source(const GeneratedImages& images,
                                               const std::vector<std::string>& classes, Device device);

/// `source`, or a mixture where `p_real` of the images are the source's and the others generated; 0: none are
/// the source's. Images are shown in those shares, whatever there is of each. Throws UsageError for a share
/// between 0 and 1 that is below 0.01 or above 0.99, and as generated_source does.
std::shared_ptr<const Source> augmented(const std::shared_ptr<const Source>& source,
                                        const GeneratedImages& images, double p_real, Device device);

}  // namespace saddle
