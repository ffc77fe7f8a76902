#include "core/io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace saddle {
namespace {

[[noreturn]] void fail(const std::string& name, const char* what, int error) {
  throw Error(concat(name, ": ", what, ": ", std::generic_category().message(error)));
}

/// Closes what it holds unless close() was called, whose result the caller checks.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

/// A new file beside `path`, removed when this goes out of scope unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const std::string& path) {
    static std::atomic<unsigned> serial{0};
    // Opened by hand and not with mkstemp, so that the file gets the permissions that the umask grants.
    do {
      name_ = concat(path, ".tmp-", ::getpid(), '-', serial++);
      fd_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd_ < 0 && errno == EEXIST);
    if (fd_ < 0) fail(path, "cannot be created", errno);
  }
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  int descriptor() const { return fd_; }
  void rename_to(const std::string& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) fail(path, "cannot be replaced", errno);
    name_.clear();
  }

 private:
  std::string name_;
  int fd_ = -1;
};

}  // namespace

InputFile::InputFile(const std::filesystem::path& path)
    : name_(path.string()), fd_(::open(name_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (fd_ < 0) fail(name_, "cannot be opened", errno);
  struct stat status {};
  const int error = ::fstat(fd_, &status) == 0 ? 0 : errno;
  if (error != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd_);
    if (error != 0) fail(name_, "cannot be examined", error);
    throw Error(concat(name_, S_ISDIR(status.st_mode) ? ": is a folder" : ": is not a regular file",
                       ", a file is needed"));
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  ::close(fd_);
}

void InputFile::read(uint64_t offset, void* to, size_t bytes) const {
  auto* p = static_cast<uint8_t*>(to);
  while (bytes > 0) {
    const ssize_t n = ::pread(fd_, p, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(name_, "cannot be read", errno);
    require<Error>(n > 0, name_, " is cut short: ", bytes, " bytes are missing at offset ", offset);
    p += n;
    bytes -= static_cast<size_t>(n);
    offset += static_cast<uint64_t>(n);
  }
}

Bytes read_file(const std::filesystem::path& path) {
  const InputFile file(path);
  Bytes bytes(file.size());
  file.read(0, bytes.data(), bytes.size());
  return bytes;
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::vector<std::filesystem::path> list_folder(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    entries.push_back(it->path());
  if (error) fail(path.string(), "cannot be listed", error.value());
  std::ranges::sort(entries);
  return entries;
}

void OutputFile::write(const void* data, size_t bytes) {
  const auto* p = static_cast<const uint8_t*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(fd_, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(name_, "cannot be written", n < 0 ? errno : ENOSPC);
    p += n;
    bytes -= static_cast<size_t>(n);
  }
}

void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(OutputFile&)>& writer) {
  const std::string name = path.string();
  std::error_code ignored;
  const auto type = std::filesystem::status(path, ignored).type();
  require<Error>(type == std::filesystem::file_type::regular ||
                     type == std::filesystem::file_type::not_found ||
                     type == std::filesystem::file_type::none,
                 name, ": is not a regular file and is not replaced");
  Temporary temporary(name);
  {
    Descriptor file(temporary.descriptor());
    OutputFile out(name, file.get());
    writer(out);
    if (::fsync(file.get()) != 0) fail(name, "cannot be synced to disk", errno);
    if (file.close() != 0) fail(name, "cannot be closed", errno);
  }
  temporary.rename_to(name);

  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems have no sync of folders and say EINVAL: there the rename alone has to do.
  if (directory.get() < 0 || (::fsync(directory.get()) != 0 && errno != EINVAL))
    fail(name, "is written, but its folder cannot be synced to disk", errno);
}

void write_file_atomically(const std::filesystem::path& path, ByteSpan bytes) {
  write_file_atomically(path, [bytes](OutputFile& out) { out.write(bytes); });
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  write_file_atomically(path, [text](OutputFile& out) { out.write(text.data(), text.size()); });
}

Shape shape_in_file(const std::string& what, std::span<const int64_t> dims) {
  try {
    return Shape(dims);
  } catch (const ShapeError& error) {
    throw Error(concat(what, ": ", error.what()));
  }
}

}  // namespace saddle
