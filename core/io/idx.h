// IDX, the format of MNIST and Fashion-MNIST: big-endian 00 00, element type, number of axes, a u32 extent an
// axis, the data in row-major order (http://yann.lecun.com/exdb/mnist).
#pragma once
#include <filesystem>
#include <string>

#include "core/io/bytes.h"
#include "core/tensor.h"

namespace saddle {

/// The u8 tensor, of any rank, in an IDX file, plain or gzip (told apart by content): images are [N,H,W],
/// labels [N]. Throws Error naming file and offset for another element type, a size that does not match the
/// header, or damage.
Tensor read_idx(const std::filesystem::path& path);

/// As read_idx, of the bytes of a plain file. `name` is the file's, for messages.
Tensor parse_idx(ByteSpan data, const std::string& name);

}  // namespace saddle
