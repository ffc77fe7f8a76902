// NumPy's files: .npy, one array, and .npz, a zip archive of them (NumPy enhancement proposal 1). Statistics
// of image sets (`mu`, `sigma`) are exchanged in it.
#pragma once
#include <filesystem>
#include <string>

#include "core/io/bytes.h"
#include "core/io/zip.h"
#include "core/named_tensors.h"

namespace saddle {

/// The array in an .npy file of little-endian f32, f64, i64 or of u8, in either memory order. Throws Error
/// naming file and dtype for any other, for a header that is not NumPy's, and for data that is cut short or
/// too long.
Tensor read_npy(const std::filesystem::path& path);
/// As read_npy, of a file's bytes. `name` is the file's, for messages.
Tensor parse_npy(ByteSpan data, const std::string& name);

/// The arrays in an .npz file by name (without `.npy`) in their order, stored or deflated. Throws Error as
/// read_npy and read_zip do.
NamedTensors read_npz(const std::filesystem::path& path);
/// As read_npz, of a file's bytes.
NamedTensors parse_npz(ByteSpan data, const std::string& name);

/// Replaces `path` atomically (write_file_atomically). f32, f64, i64 and u8, on any device; throws Error for
/// other dtypes. The same arguments give the same bytes.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);
void write_npz(const std::filesystem::path& path, const NamedTensors& tensors,
               ZipMethod method = ZipMethod::deflated);

}  // namespace saddle
