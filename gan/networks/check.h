// What families of networks refuse, each in its own name.
#pragma once
#include <cstdint>
#include <initializer_list>

#include "core/error.h"

namespace saddle {

/// Throws UsageError unless the size of images is a multiple of `unit` from `least` to `most`.
inline void check_size(const char* networks, int64_t size, int64_t unit, int64_t least, int64_t most) {
  require<UsageError>(size >= least && size <= most && size % unit == 0, networks, ": size ", size,
                      " is not a multiple of ", unit, " from ", least, " to ", most);
}

/// Throws UsageError unless all numbers of channels are positive.
inline void check_widths(const char* networks, std::initializer_list<int64_t> widths) {
  for (const int64_t width : widths)
    require<UsageError>(width > 0, networks, ": a layer of ", width, " channels");
}

}  // namespace saddle
