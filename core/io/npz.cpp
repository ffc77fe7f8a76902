#include "core/io/npz.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include "core/io/file.h"

namespace saddle {
namespace {

constexpr uint8_t magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr size_t alignment = 64;  // of the data, by NumPy's habit
constexpr std::string_view extension = ".npy";

constexpr std::pair<std::string_view, DType> descriptions[] = {
    {"<f4", DType::f32}, {"<f8", DType::f64}, {"<i8", DType::i64}, {"|u1", DType::u8}};

struct Header {
  std::optional<std::string> description;
  std::optional<bool> fortran_order;
  std::optional<std::vector<int64_t>> shape;
};

/// Reads the Python dictionary that an .npy header is: `{'descr': '<f8', 'fortran_order': False, 'shape':
/// (3, 4), }`, its keys in any order.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header parse() {
    Header header;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr" && !header.description)
        header.description = description();
      else if (key == "fortran_order" && !header.fortran_order)
        header.fortran_order = boolean();
      else if (key == "shape" && !header.shape)
        header.shape = tuple();
      else
        refuse();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size() || !header.description || !header.fortran_order || !header.shape) refuse();
    return header;
  }

 private:
  [[noreturn]] void refuse() const {
    throw Error(concat(name_, ": the npy header is not as NumPy writes it near its byte ", at_));
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \n", at_), text_.size()); }
  bool accept(std::string_view token) {
    skip_space();
    const bool found = text_.substr(at_).starts_with(token);
    if (found) at_ += token.size();
    return found;
  }
  bool accept(char c) { return accept(std::string_view(&c, 1)); }
  void expect(char c) {
    if (!accept(c)) refuse();
  }
  std::string string() {
    expect('\'');
    const size_t end = text_.find('\'', at_);
    if (end == text_.npos) refuse();
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  std::string description() {
    // A list describes the fields of a record.
    require<Error>(!accept('['), name_, ": npy dtype is a record; <f4, <f8, <i8 and |u1 are read");
    return string();
  }
  bool boolean() {
    if (accept("True")) return true;
    if (!accept("False")) refuse();
    return false;
  }
  int64_t integer() {
    skip_space();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) refuse();
    at_ = static_cast<size_t>(end - text_.data());
    return value;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> values;
    expect('(');
    while (!accept(')')) {
      values.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return values;
  }

  std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
};

/// Row-major elements of an array whose first axis runs fastest in `data`.
Tensor from_fortran_order(ByteSpan data, const Shape& shape, DType dtype) {
  Tensor out = Tensor::empty(shape, dtype);
  auto* to = static_cast<uint8_t*>(out.raw());
  const size_t bytes = size_of(dtype);
  for (int64_t i = 0; i < shape.numel(); ++i, to += bytes) {
    int64_t rest = i, from = 0;
    for (int dim = shape.rank() - 1, used = 0; dim >= 0; --dim, ++used) {
      // Horner's rule over the index (i0, i1, ...) at i0 + d0 (i1 + d1 (...)), which needs the last axis
      // first.
      from = from * shape[dim] + rest % shape[dim];
      rest /= shape[dim];
    }
    std::memcpy(to, data.data() + static_cast<size_t>(from) * bytes, bytes);
  }
  return out;
}

Bytes make_npy(const Tensor& tensor, const std::string& what) {
  require<Error>(tensor.defined(), what, ": undefined tensor");
  const auto* type =
      std::ranges::find(descriptions, tensor.dtype(), &std::pair<std::string_view, DType>::second);
  require<Error>(type != std::end(descriptions), what, ": NumPy has no dtype for ", tensor.dtype());
  std::string header = concat("{'descr': '", type->first, "', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < tensor.rank(); ++i) header += concat(i ? ", " : "", tensor.size(i));
  header += tensor.rank() == 1 ? ",), }" : "), }";
  const size_t before = std::size(magic) + 4;
  header.resize((before + header.size() + 1 + alignment - 1) / alignment * alignment - before - 1, ' ');
  header += '\n';

  const Tensor host = tensor.to(Device{});
  Bytes out;
  out.reserve(before + header.size() + host.nbytes());
  for (uint8_t byte : magic) out.push_back(byte);
  append_le<uint16_t>(out, 1);  // version 1.0
  append_le(out, static_cast<uint16_t>(header.size()));
  out.insert(out.end(), header.begin(), header.end());
  const auto* data = static_cast<const uint8_t*>(host.raw());
  out.insert(out.end(), data, data + host.nbytes());
  return out;
}

}  // namespace

Tensor parse_npy(ByteSpan data, const std::string& name) {
  require<Error>(data.size() >= 10, name,
                 " is cut short: an npy file begins with 10 bytes of magic, this has ", data.size());
  require<Error>(std::equal(std::begin(magic), std::end(magic), data.begin()), name,
                 ": not an npy file: its magic is not NumPy's");
  const int version = data[6];
  require<Error>(version >= 1 && version <= 3 && data[7] == 0, name, ": npy version ", version, ".",
                 int{data[7]}, " is unknown");
  // The length has 16 bits in version 1 and 32 since.
  const size_t begin = version == 1 ? 10 : 12;
  require<Error>(data.size() >= begin, name, " is cut short: an npy file of version ", version,
                 " begins with ", begin, " bytes of magic, this has ", data.size());
  const size_t length =
      version == 1 ? load_le<uint16_t>(data.data() + 8) : load_le<uint32_t>(data.data() + 8);
  require<Error>(length <= data.size() - begin, name, " is cut short: the npy header says ", length,
                 " bytes from offset ", begin, " on, there are ", data.size() - begin);
  const std::string_view text(reinterpret_cast<const char*>(data.data()) + begin, length);
  const Header header = HeaderParser(text, name).parse();

  const auto* type =
      std::ranges::find(descriptions, *header.description, &std::pair<std::string_view, DType>::first);
  require<Error>(type != std::end(descriptions), name, ": npy dtype ", *header.description,
                 " is not one of <f4, <f8, <i8 and |u1");
  const DType dtype = type->second;
  const Shape shape = shape_in_file(name, *header.shape);
  const ByteSpan values = data.subspan(begin + length);
  // Divided, not multiplied: the product of a huge shape would overflow.
  const auto count = static_cast<uint64_t>(shape.numel());
  require<Error>(values.size() / size_of(dtype) >= count, name, " is cut short: ", dtype, shape,
                 " does not fit into the ", values.size(), " bytes from offset ", begin + length, " on");
  require<Error>(values.size() == count * size_of(dtype), name, ": ", values.size() - count * size_of(dtype),
                 " bytes too many follow ", dtype, shape);
  if (*header.fortran_order) return from_fortran_order(values, shape, dtype);
  Tensor out = Tensor::empty(shape, dtype);
  if (!values.empty()) std::memcpy(out.raw(), values.data(), values.size());
  return out;
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

NamedTensors parse_npz(ByteSpan data, const std::string& name) {
  NamedTensors tensors;
  for (const auto& member : read_zip(data, name)) {
    const std::string what = concat(name, ": member \"", member.name, "\"");
    require<Error>(member.name.ends_with(extension), what, " is not an .npy array");
    const std::string key = member.name.substr(0, member.name.size() - extension.size());
    require<Error>(find(tensors, key) == nullptr, what, " is there twice");
    tensors.emplace_back(key, parse_npy(member.data, what));
  }
  return tensors;
}

NamedTensors read_npz(const std::filesystem::path& path) {
  return parse_npz(read_file(path), path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  write_file_atomically(path, make_npy(tensor, path.string()));
}

void write_npz(const std::filesystem::path& path, const NamedTensors& tensors, ZipMethod method) {
  const std::string file = path.string();
  std::vector<ZipMember> members;
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    require<Error>(names.insert(name).second, file, ": two arrays are named \"", name, "\"");
    members.push_back(
        {name + std::string(extension), make_npy(tensor, concat(file, ": array \"", name, "\""))});
  }
  write_file_atomically(path, make_zip(members, method));
}

}  // namespace saddle
