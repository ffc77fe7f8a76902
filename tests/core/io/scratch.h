// What the tests of file formats share: a folder of their own, real data where there is some, and damage.
#pragma once
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/io/bytes.h"

namespace saddle::test {

/// An empty folder that goes away with its contents.
class Scratch {
 public:
  Scratch() {
    static int serial = 0;
    folder_ = std::filesystem::temp_directory_path() / concat("saddle-test-", ::getpid(), '-', serial++);
    REQUIRE(std::filesystem::create_directory(folder_));
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path path(const std::string& name = "") const { return folder_ / name; }
  /// Puts `bytes` into a file and gives its path.
  std::filesystem::path file(const std::string& name, ByteSpan bytes) const {
    std::ofstream out(path(name), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    REQUIRE(out.flush().good());
    return path(name);
  }
  size_t count() const {
    const std::filesystem::directory_iterator entries(folder_);
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }

 private:
  std::filesystem::path folder_;
};

inline Bytes bytes_of(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// What a file holds.
inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The folder of real data that SADDLE_DATA names, or an empty path after a warning that the test is skipped.
inline std::filesystem::path real_data(const std::string& name) {
  const char* root = std::getenv("SADDLE_DATA");
  const auto folder = root ? std::filesystem::path(root) / name : std::filesystem::path();
  if (!folder.empty() && std::filesystem::is_directory(folder)) return folder;
  WARN("skipped: SADDLE_DATA does not name a folder with " << name);
  return {};
}

/// Cuts `good` off at every offset, which `read` must refuse with an Error that names `name`, and changes its
/// first `header` bytes, a bit or all eight at a time, which `read` may take or refuse with an Error. Any
/// other exception, and under a sanitizer any stray access, fails the test.
template <class Read>
void survives_damage(const Bytes& good, size_t header, const std::string& name, Read read) {
  REQUIRE_NOTHROW(read(good));
  for (size_t size = 0; size < good.size(); ++size) {
    INFO("cut off at " << size);
    CHECK_THROWS_AS(read(Bytes(good.data(), good.data() + size)), Error);
    CHECK_THROWS_WITH(read(Bytes(good.data(), good.data() + size)), Catch::Contains(name));
  }
  for (size_t at = 0; at < header; ++at)
    for (int flip : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      INFO("byte " << at << " changed by " << flip);
      Bytes bad = good;
      bad[at] = static_cast<uint8_t>(bad[at] ^ flip);
      try {
        read(bad);
      } catch (const Error& error) {
        CHECK_THAT(error.what(), Catch::Contains(name));
      }
    }
}

}  // namespace saddle::test
