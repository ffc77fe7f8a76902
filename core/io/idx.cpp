#include "core/io/idx.h"

#include "core/io/file.h"
#include "core/io/gzip.h"

namespace saddle {
namespace {

constexpr uint8_t type_u8 = 0x08;

const char* type_name(uint8_t type) {
  switch (type) {
    case 0x09:
      return "i8";
    case 0x0B:
      return "i16";
    case 0x0C:
      return "i32";
    case 0x0D:
      return "f32";
    case 0x0E:
      return "f64";
    default:
      return "unknown";
  }
}

}  // namespace

Tensor parse_idx(ByteSpan data, const std::string& name) {
  require<Error>(data.size() >= 4, name, " is cut short: an IDX file begins with 4 bytes of magic, this has ",
                 data.size());
  require<Error>(data[0] == 0 && data[1] == 0, name, ": not an IDX file: offset 0 holds ", int{data[0]}, " ",
                 int{data[1]}, ", not two zeros");
  require<Error>(data[2] == type_u8, name, ": IDX element type ", int{data[2]}, " (", type_name(data[2]),
                 ") at offset 2: only u8 (8) is read");
  const size_t rank = data[3];
  require<Error>(rank >= 1 && rank <= Shape::max_rank, name, ": IDX rank ", rank,
                 " at offset 3 is not between 1 and ", Shape::max_rank);
  const size_t header = 4 + 4 * rank;
  require<Error>(data.size() >= header, name, " is cut short: the IDX header takes ", header,
                 " bytes, this has ", data.size());
  int64_t dims[Shape::max_rank];
  for (size_t i = 0; i < rank; ++i) dims[i] = load_be<uint32_t>(data.data() + 4 + 4 * i);
  const Shape shape = shape_in_file(name, {dims, rank});
  const auto need = static_cast<uint64_t>(shape.numel()), have = uint64_t{data.size() - header};
  require<Error>(have >= need, name, " is cut short: header says ", need, " bytes of data from offset ",
                 header, " on, there are ", have);
  require<Error>(have == need, name, ": ", have - need, " bytes too many follow the data at offset ",
                 header + need);
  return Tensor::from(data.subspan(header), shape);
}

Tensor read_idx(const std::filesystem::path& path) {
  const std::string name = path.string();
  const Bytes data = read_file(path);
  return is_gzip(data) ? parse_idx(gunzip(data, name), name) : parse_idx(data, name);
}

}  // namespace saddle
