// Files: reading with errors that say why, and replacing a file all at once or not at all.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/bytes.h"
#include "core/shape.h"

namespace saddle {

/// A regular file open for reading. Every Error names the file and the system's reason.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// The path, for messages.
  const std::string& name() const { return name_; }
  /// Bytes, as of opening.
  uint64_t size() const { return size_; }
  /// Reads exactly `bytes` bytes from `offset` on; throws Error if the file ends before.
  void read(uint64_t offset, void* to, size_t bytes) const;

 private:
  std::string name_;
  int fd_;
  uint64_t size_ = 0;
};

/// The bytes of a whole file.
Bytes read_file(const std::filesystem::path& path);

/// True for a folder that can be examined.
bool is_folder(const std::filesystem::path& path);

/// What lies in a folder, sorted by name, so that the order is the same on every file system.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& path);

/// What a writer is given: bytes go to the end of the file.
class OutputFile {
 public:
  OutputFile(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}
  /// Writes all of it or throws Error with the file's name and the system's reason (a full disk, say).
  void write(const void* data, size_t bytes);
  void write(ByteSpan data) { write(data.data(), data.size()); }

 private:
  std::string name_;
  int fd_;
};

/// Makes `path` hold what `writer` writes. The bytes go to a temporary file beside it (`<path>.tmp-<n>`) that
/// is synced and then renamed over `path`; the folder is synced last. If anything fails before the rename, a
/// full disk or an exception from `writer` included, the temporary is removed, what was at `path` is
/// untouched, and the failure is thrown (an Error that names the file and the cause, or the writer's own).
/// Refuses to replace anything but a regular file.
void write_file_atomically(const std::filesystem::path& path, const std::function<void(OutputFile&)>& writer);
void write_file_atomically(const std::filesystem::path& path, ByteSpan bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// The shape that a file gives for `what` (file and tensor); throws Error naming it where Shape refuses.
Shape shape_in_file(const std::string& what, std::span<const int64_t> dims);

}  // namespace saddle
