#include "core/io/image.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include "core/io/file.h"
#include "core/io/image_check.h"

namespace {

/// stb_image_write's own compressor is slower and larger than zlib.
unsigned char* compress_with_zlib(unsigned char* data, int size, int* compressed_size, int level) {
  uLongf bytes = compressBound(static_cast<uLong>(size));
  auto* out = static_cast<unsigned char*>(std::malloc(bytes));
  if (!out || compress2(out, &bytes, data, static_cast<uLong>(size), level) != Z_OK) {
    std::free(out);
    return nullptr;
  }
  *compressed_size = static_cast<int>(bytes);
  return out;
}

}  // namespace

// All of stb lies in this file and has internal linkage: a program that uses Saddle may have an stb of its
// own.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_MAX_DIMENSIONS 65535
#define STBI_ASSERT(condition)  // it asserts what a damaged file says: no reason to abort
#include <stb/stb_image.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_ZLIB_COMPRESS compress_with_zlib
#include <stb/stb_image_write.h>

namespace saddle {
namespace {

constexpr int64_t max_side = STBI_MAX_DIMENSIONS;
constexpr int64_t max_pixels = int64_t{1} << 27;

using StbBytes = std::unique_ptr<unsigned char, decltype(&std::free)>;

/// Checks pixels to be written, and gives them on the CPU.
Tensor writable(const char* op, const Tensor& pixels) {
  require(pixels.defined() && pixels.dtype() == DType::u8 && pixels.rank() == 3 && pixels.size(2) >= 1 &&
              pixels.size(2) <= 4,
          op, ": needs u8 pixels [H,W,C] with C from 1 to 4, got ", pixels.dtype(), pixels.shape());
  require(pixels.numel() > 0 && pixels.size(0) <= max_side && pixels.size(1) <= max_side &&
              pixels.size(0) * pixels.size(1) <= max_pixels,
          op, ": an image of ", pixels.shape(), " is empty or too large");
  return pixels.to(Device{});
}

void append(void* bytes, void* data, int size) {
  const auto* p = static_cast<const uint8_t*>(data);
  auto* out = static_cast<Bytes*>(bytes);
  out->insert(out->end(), p, p + size);
}

}  // namespace

Image decode_image(ByteSpan data, const std::string& name) {
  check_image(data, name);
  require<Error>(data.size() <= std::numeric_limits<int>::max(), name, ": an image file of ", data.size(),
                 " bytes is too large");
  const int size = static_cast<int>(data.size());
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(data.data(), size, &width, &height, &channels))
    require<Error>(int64_t{width} * height <= max_pixels, name, ": ", width, "x", height,
                   " pixels are above the limit of ", max_pixels);
  const StbBytes pixels(stbi_load_from_memory(data.data(), size, &width, &height, &channels, 0), &std::free);
  require<Error>(pixels != nullptr, name, ": cannot be decoded: ", stbi_failure_reason());
  const Shape shape{height, width, channels};
  return {Tensor::from(std::span<const uint8_t>(pixels.get(), static_cast<size_t>(shape.numel())), shape)};
}

Image read_image(const std::filesystem::path& path) {
  return decode_image(read_file(path), path.string());
}

bool is_image_file(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".bmp";
}

void write_png(const std::filesystem::path& path, const Tensor& pixels) {
  const Tensor host = writable("write_png", pixels);
  const auto h = static_cast<int>(host.size(0)), w = static_cast<int>(host.size(1)),
             c = static_cast<int>(host.size(2));
  int size = 0;
  const StbBytes png(stbi_write_png_to_mem(host.data<uint8_t>(), w * c, w, h, c, &size), &std::free);
  require<OutOfMemory>(png != nullptr, path.string(), ": no memory to encode ", host.shape(), " as PNG");
  write_file_atomically(path, ByteSpan(png.get(), static_cast<size_t>(size)));
}

void write_jpeg(const std::filesystem::path& path, const Tensor& pixels, int quality) {
  const Tensor host = writable("write_jpeg", pixels);
  require(quality >= 1 && quality <= 100, "write_jpeg: quality ", quality, " is not between 1 and 100");
  const auto h = static_cast<int>(host.size(0)), w = static_cast<int>(host.size(1)),
             c = static_cast<int>(host.size(2));
  Bytes jpeg;
  require<Error>(stbi_write_jpg_to_func(append, &jpeg, w, h, c, host.data<uint8_t>(), quality) != 0,
                 path.string(), ": ", host.shape(), " cannot be encoded as JPEG");
  write_file_atomically(path, jpeg);
}

}  // namespace saddle
