// Images: PNG, JPEG and BMP in, PNG and JPEG out (stb_image, stb_image_write).
#pragma once
#include <filesystem>
#include <string>

#include "core/io/bytes.h"
#include "core/tensor.h"

namespace saddle {

/// Pixels as they lie in the file: rows from top to bottom, channels interleaved.
struct Image {
  Tensor pixels;  ///< u8 [H,W,C]; C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA (alpha not premultiplied)

  int64_t height() const { return pixels.size(0); }
  int64_t width() const { return pixels.size(1); }
  int64_t channels() const { return pixels.size(2); }
};

/// Decodes a PNG, JPEG or BMP. A palette becomes RGB, transparency an alpha channel, 16 bits the upper 8.
/// `name` is the file's, for messages. Throws Error, with the decoder's reason, for data that is not an
/// image, is cut short, fails a checksum, or has more than 2^27 pixels or a side above 65535.
Image decode_image(ByteSpan data, const std::string& name);
/// As decode_image, of a file.
Image read_image(const std::filesystem::path& path);

/// True for a name that ends in .png, .jpg, .jpeg or .bmp, in any case. The file is not looked at.
bool is_image_file(const std::filesystem::path& path);

/// Replaces `path` atomically (write_file_atomically) by the u8 pixels [H,W,C], C from 1 to 4, as a PNG. The
/// same pixels give the same bytes. Throws ShapeError for other tensors and Error where the file cannot be
/// written.
void write_png(const std::filesystem::path& path, const Tensor& pixels);
/// As write_png, as a JPEG of `quality` from 1 to 100. Alpha is dropped.
void write_jpeg(const std::filesystem::path& path, const Tensor& pixels, int quality = 95);

}  // namespace saddle
