// safetensors (https://github.com/huggingface/safetensors): eight bytes of header length, little-endian; a
// JSON object of dtype, shape and offsets a tensor; the data, without holes. Checkpoints and exported
// networks are kept in it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/named_tensors.h"

namespace saddle {

/// Strings that travel with the tensors, under `__metadata__`.
using Metadata = std::map<std::string, std::string>;

/// One tensor as the header describes it.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  ///< as in the file: `F32`, `BF16`, `I32`, ...; may be one that Saddle has no DType for
  Shape shape;
  uint64_t begin = 0;  ///< first byte, counted from the start of the file
  uint64_t end = 0;    ///< one past the last
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> tensors;  ///< in the order of the header
  Metadata metadata;
};

struct Safetensors {
  NamedTensors tensors;  ///< in the order of the header, on the CPU
  Metadata metadata;
};

/// Reads and checks the header alone: JSON, names, dtypes, shapes, sizes, offsets without holes or overlap,
/// and that the file holds all the data that it promises and no more. Throws Error naming file and tensor.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& path);

/// Reads all tensors. F32, F64, BF16, U8 and I64 become f32, f64, bf16, u8 and i64; throws Error naming file,
/// tensor and dtype for any other, and as read_safetensors_header does.
Safetensors load_safetensors(const std::filesystem::path& path);

/// Writes the tensors, which may lie on any device, and replaces `path` atomically (write_file_atomically).
/// The same arguments give the same bytes. The header lists the tensors in the order given; the data is
/// ordered by element size, widest first, so that every tensor is aligned to its own elements as readers that
/// map the file expect. Throws Error for an undefined tensor, a name that is empty, used twice, reserved or
/// not UTF-8.
void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata = {});

}  // namespace saddle
