// What warp operations share.
#pragma once
#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {

/// The running lane takes part in an operation of the lanes of `mask`. Returns once all have come and
/// `operation` has combined their records. Fails where the mask is wrong or lanes come to different
/// operations, masks or lines.
void run_warp_operation(const WarpOperation& operation, unsigned mask, void* record, Location where);

}  // namespace saddle::emulator
