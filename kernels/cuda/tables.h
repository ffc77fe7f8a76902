// Small read-only tables that kernels look things up in (the taps of an axis map, lists of pointers), kept on
// the device: a step that repeats uploads nothing.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace saddle::kernels {

/// A u8 tensor on `device` that holds `content`, uploaded when it is first asked for and then found again by
/// content. It must not be written. Each device keeps the 4096 tables that were asked for last; one that is
/// dropped lives as long as a handle to it, so work that is queued is safe, and whoever records work to
/// replay it later holds the tables of `device_tables`. Any thread may call.
Tensor device_table(Device device, std::span<const std::byte> content);
/// Handles to all tables that `device` keeps.
std::vector<Tensor> device_tables(Device device);

}  // namespace saddle::kernels
