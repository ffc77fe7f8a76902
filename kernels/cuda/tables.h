// Small read-only tables that kernels look things up in (the taps of an axis map, lists of pointers), kept on
// the device: a step that repeats uploads nothing.
#pragma once
#include <cstddef>
#include <span>

#include "core/tensor.h"

namespace saddle::kernels {

/// A u8 tensor on `device` that holds `content`, uploaded when it is first asked for and then found again by
/// content. It must not be written. Each device keeps the 4096 tables that were asked for last, and for ever
/// those that were asked for while a step was captured, whose replays read them. Any thread may call.
Tensor device_table(Device device, std::span<const std::byte> content);

}  // namespace saddle::kernels
