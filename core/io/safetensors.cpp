#include "core/io/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>

#include "core/io/file.h"

namespace saddle {
namespace {

using nlohmann::json;

constexpr uint64_t length_bytes = 8;
constexpr uint64_t max_header_bytes = 100'000'000;
constexpr std::string_view metadata_key = "__metadata__";

struct FileType {
  std::string_view name;
  size_t bytes;
  std::optional<DType> dtype;
};

constexpr FileType file_types[] = {
    {"F32", 4, DType::f32}, {"F64", 8, DType::f64}, {"BF16", 2, DType::bf16}, {"U8", 1, DType::u8},
    {"I64", 8, DType::i64}, {"F16", 2, {}},         {"I32", 4, {}},           {"I16", 2, {}},
    {"I8", 1, {}},          {"U64", 8, {}},         {"U32", 4, {}},           {"U16", 2, {}},
    {"BOOL", 1, {}},        {"F8_E5M2", 1, {}},     {"F8_E4M3", 1, {}},       {"C64", 8, {}},
};

const FileType* find_type(std::string_view name) {
  const auto* it = std::ranges::find(file_types, name, &FileType::name);
  return it == std::end(file_types) ? nullptr : it;
}

std::string_view file_name_of(DType dtype) {
  return std::ranges::find(file_types, std::optional(dtype), &FileType::dtype)->name;
}

/// Parses the header's JSON. `names` receives the keys of the outer object in their order, which json itself
/// does not keep.
json parse(const std::string& file, std::string_view text, std::vector<std::string>& names) {
  std::vector<std::set<std::string>> keys(3);  // of the objects now open, by depth
  const auto check = [&](int depth, json::parse_event_t event, json& value) {
    const auto level = static_cast<size_t>(depth);
    if (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start) {
      require<Error>(depth <= 2, file, ": header is nested too deeply");
      if (event == json::parse_event_t::object_start && depth < 2) keys[level + 1].clear();
    } else if (event == json::parse_event_t::key) {
      const auto& key = value.get_ref<const std::string&>();
      require<Error>(level < keys.size(), file, ": header is nested too deeply");
      require<Error>(keys[level].insert(key).second, file, ": header has \"", key, "\" twice");
      if (depth == 1) names.push_back(key);
    }
    return true;
  };
  try {
    return json::parse(text, check);
  } catch (const json::parse_error& error) {
    throw Error(concat(file, ": header is not valid JSON near byte ", length_bytes + error.byte));
  }
}

Metadata parse_metadata(const std::string& file, const json& value) {
  require<Error>(value.is_object(), file, ": ", metadata_key, " is not an object");
  Metadata metadata;
  for (const auto& [key, text] : value.items()) {
    require<Error>(text.is_string(), file, ": ", metadata_key, " entry \"", key, "\" is not a string");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// One entry of the header, by itself; offsets are made absolute with `data_begin`.
SafetensorsEntry parse_entry(const std::string& file, const std::string& name, const json& value,
                             uint64_t data_begin) {
  const std::string what = concat(file, ": tensor \"", name, "\"");
  require<Error>(value.is_object() && value.size() == 3 && value.contains("dtype") &&
                     value.contains("shape") && value.contains("data_offsets"),
                 what, " does not have just dtype, shape and data_offsets");
  const json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  require<Error>(dtype.is_string(), what, ": dtype is not a string");
  const FileType* type = find_type(dtype.get_ref<const std::string&>());
  require<Error>(type != nullptr, what, ": dtype ", dtype.get_ref<const std::string&>(), " is unknown");

  constexpr auto max_extent = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const auto is_size = [](const json& n) {
    return n.is_number_unsigned() && n.get<uint64_t>() <= max_extent;
  };
  require<Error>(shape.is_array() && std::ranges::all_of(shape, is_size), what,
                 ": shape is not a list of sizes");
  require<Error>(offsets.is_array() && offsets.size() == 2 && std::ranges::all_of(offsets, is_size), what,
                 ": data_offsets are not two sizes");

  SafetensorsEntry entry{name, std::string(type->name),
                         shape_in_file(what, shape.get<std::vector<int64_t>>())};
  const auto begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
  require<Error>(begin <= end, what, ": data_offsets [", begin, ", ", end, ") run backwards");
  // Divided, not multiplied: the product of a huge shape would overflow.
  const uint64_t bytes = end - begin;
  require<Error>(
      bytes % type->bytes == 0 && bytes / type->bytes == static_cast<uint64_t>(entry.shape.numel()), what,
      ": ", type->name, entry.shape, " does not fill the ", bytes, " bytes of its data_offsets [", begin,
      ", ", end, ")");
  entry.begin = data_begin + begin;
  entry.end = data_begin + end;
  return entry;
}

/// Checks that the tensors lie one after another from `data_begin` to the end of the file.
void check_layout(const InputFile& file, const std::vector<SafetensorsEntry>& entries, uint64_t data_begin) {
  std::vector<const SafetensorsEntry*> by_offset;
  for (const auto& entry : entries) by_offset.push_back(&entry);
  std::ranges::sort(by_offset, {}, [](const auto* e) { return std::pair(e->begin, e->end); });
  uint64_t expected = data_begin;
  for (const auto* entry : by_offset) {
    require<Error>(entry->begin == expected, file.name(), ": tensor \"", entry->name, "\" begins at offset ",
                   entry->begin, entry->begin < expected ? ", inside the one before it" : ", after a hole",
                   ": the data before it ends at ", expected);
    expected = entry->end;
  }
  require<Error>(file.size() >= expected, file.name(), " is cut short: header says ", expected,
                 " bytes, file has ", file.size());
  require<Error>(file.size() == expected, file.name(), ": ", file.size() - expected,
                 " bytes that belong to no tensor follow offset ", expected);
}

SafetensorsHeader read_header(const InputFile& file) {
  require<Error>(file.size() >= length_bytes, file.name(), " is cut short: a safetensors file begins with ",
                 length_bytes, " bytes of header length, file has ", file.size());
  uint8_t prefix[length_bytes];
  file.read(0, prefix, length_bytes);
  const auto length = load_le<uint64_t>(prefix);
  require<Error>(length <= max_header_bytes, file.name(), ": not a safetensors file: header length ", length,
                 " at offset 0 is above the limit of ", max_header_bytes);
  const uint64_t data_begin = length_bytes + length;
  require<Error>(data_begin <= file.size(), file.name(), " is cut short: header takes ", data_begin,
                 " bytes, file has ", file.size());
  std::string text(length, '\0');
  file.read(length_bytes, text.data(), length);
  require<Error>(text.starts_with('{'), file.name(),
                 ": not a safetensors file: header at offset 8 does not begin with '{'");

  SafetensorsHeader header;
  std::vector<std::string> names;
  const json object = parse(file.name(), text, names);
  for (const auto& name : names) {
    const json& value = object[name];
    if (name == metadata_key)
      header.metadata = parse_metadata(file.name(), value);
    else
      header.tensors.push_back(parse_entry(file.name(), name, value, data_begin));
  }
  check_layout(file, header.tensors, data_begin);
  return header;
}

/// The header's text, and the data's order as indices into `tensors`.
std::string make_header(const NamedTensors& tensors, const Metadata& metadata,
                        const std::vector<size_t>& order) {
  std::vector<uint64_t> begin(tensors.size());
  uint64_t end = 0;
  for (size_t i : order) {
    begin[i] = end;
    end += tensors[i].second.nbytes();
  }
  std::string text = "{";
  const auto add = [&text](std::string_view key, const std::string& value) {
    if (text.size() > 1) text += ',';
    text += json(key).dump();
    text += ':';
    text += value;
  };
  if (!metadata.empty()) add(metadata_key, json(metadata).dump());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = tensors[i];
    const nlohmann::ordered_json entry = {
        {"dtype", file_name_of(tensor.dtype())},
        {"shape", std::vector<int64_t>(tensor.shape().begin(), tensor.shape().end())},
        {"data_offsets", {begin[i], begin[i] + tensor.nbytes()}}};
    add(name, entry.dump());
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

SafetensorsHeader read_safetensors_header(const std::filesystem::path& path) {
  return read_header(InputFile(path));
}

Safetensors load_safetensors(const std::filesystem::path& path) {
  const InputFile file(path);
  const SafetensorsHeader header = read_header(file);
  Safetensors result{{}, header.metadata};
  for (const auto& entry : header.tensors) {
    const auto dtype = find_type(entry.dtype)->dtype;
    require<Error>(dtype.has_value(), file.name(), ": tensor \"", entry.name, "\" has dtype ", entry.dtype,
                   "; F32, F64, BF16, U8 and I64 can be loaded");
    Tensor tensor = Tensor::empty(entry.shape, *dtype);
    file.read(entry.begin, tensor.raw(), tensor.nbytes());
    result.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return result;
}

void save_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const Metadata& metadata) {
  const std::string file = path.string();
  std::set<std::string_view> names;
  for (const auto& [name, tensor] : tensors) {
    require<Error>(!name.empty() && name != metadata_key, file, ": a tensor cannot be named \"", name, "\"");
    require<Error>(names.insert(name).second, file, ": two tensors are named \"", name, "\"");
    require<Error>(tensor.defined(), file, ": tensor \"", name, "\" is undefined");
  }
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{},
                           [&](size_t i) { return size_of(tensors[i].second.dtype()); });
  std::string header;
  try {
    header = make_header(tensors, metadata, order);
  } catch (const json::type_error&) {
    throw Error(concat(file, ": a tensor's name or the metadata is not UTF-8"));
  }
  require<Error>(header.size() <= max_header_bytes, file, ": a header of ", header.size(),
                 " bytes is above the limit of ", max_header_bytes);
  write_file_atomically(path, [&](OutputFile& out) {
    Bytes length;
    append_le(length, uint64_t{header.size()});
    out.write(length);
    out.write(header.data(), header.size());
    for (size_t i : order) {
      const Tensor host = tensors[i].second.to(Device{});
      out.write(host.raw(), host.nbytes());
    }
  });
}

}  // namespace saddle
