#include "core/io/cifar.h"

#include <cstring>
#include <sstream>

#include "core/io/file.h"

namespace saddle {
namespace {

namespace fs = std::filesystem;

constexpr size_t pixel_bytes = 3 * 32 * 32;
constexpr size_t record_bytes = 1 + pixel_bytes;
constexpr int classes = 10;

bool is_train_batch(const std::string& name) {
  return name.starts_with("data_batch_") && name.ends_with(".bin");
}

std::vector<fs::path> batch_files(const fs::path& path, CifarSplit split) {
  if (!is_folder(path)) return {path};
  if (split == CifarSplit::test) return {path / "test_batch.bin"};
  std::vector<fs::path> files;
  for (const auto& file : list_folder(path))
    if (is_train_batch(file.filename().string())) files.push_back(file);
  require<Error>(!files.empty(), path.string(), ": holds no data_batch_*.bin of CIFAR-10");
  return files;
}

std::vector<std::string> read_class_names(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  const Bytes bytes = read_file(file);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> names;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  require<Error>(names.size() == classes, file.string(), ": holds ", names.size(), " class names, not ",
                 classes);
  return names;
}

}  // namespace

Cifar10 read_cifar10(const fs::path& path, CifarSplit split) {
  const std::vector<fs::path> files = batch_files(path, split);
  std::vector<Bytes> batches;
  size_t records = 0;
  for (const auto& file : files) {
    const Bytes& batch = batches.emplace_back(read_file(file));
    require<Error>(!batch.empty() && batch.size() % record_bytes == 0, file.string(), ": ", batch.size(),
                   " bytes are not a whole number of CIFAR-10 records of ", record_bytes, " bytes");
    records += batch.size() / record_bytes;
  }

  const auto n = static_cast<int64_t>(records);
  Cifar10 result{Tensor::empty({n, 3, 32, 32}, DType::u8), Tensor::empty({n}, DType::i64),
                 read_class_names((is_folder(path) ? path : path.parent_path()) / "batches.meta.txt")};
  auto* pixels = result.images.data<uint8_t>();
  auto* labels = result.labels.data<int64_t>();
  for (size_t b = 0; b < batches.size(); ++b)
    for (size_t at = 0; at < batches[b].size(); at += record_bytes) {
      const uint8_t* record = batches[b].data() + at;
      require<Error>(record[0] < classes, files[b].string(), ": label ", int{record[0]}, " of record ",
                     at / record_bytes, " at offset ", at, " is above ", classes - 1);
      *labels++ = record[0];
      std::memcpy(pixels, record + 1, pixel_bytes);
      pixels += pixel_bytes;
    }
  return result;
}

}  // namespace saddle
