#include "core/io/image_check.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "core/error.h"

namespace saddle {
namespace {

constexpr uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr uint8_t jpeg_signature[] = {0xff, 0xd8};
constexpr uint8_t bmp_signature[] = {'B', 'M'};

bool begins_with(ByteSpan data, ByteSpan signature) {
  return data.size() >= signature.size() && std::ranges::equal(data.first(signature.size()), signature);
}

/// Chunks: u32 length, four letters of type, data, CRC-32 of type and data (PNG specification, section 5.3).
void check_png(ByteSpan data, const std::string& name) {
  size_t at = std::size(png_signature);
  for (bool ended = false; !ended;) {
    require<Error>(data.size() - at >= 12, name, " is cut short: no PNG chunk fits at offset ", at);
    const uint8_t* chunk = data.data() + at;
    const auto length = load_be<uint32_t>(chunk);
    require<Error>(length <= data.size() - at - 12, name, " is cut short: the PNG chunk at offset ", at,
                   " says ", length, " bytes, ", data.size() - at - 12, " are left");
    const bool critical = (chunk[4] & 0x20) == 0;
    if (critical) {
      const auto crc = static_cast<uint32_t>(crc32(0, chunk + 4, length + 4));
      require<Error>(crc == load_be<uint32_t>(chunk + 8 + length), name, ": the PNG chunk at offset ", at,
                     " is damaged: its checksum does not match");
    }
    ended = std::equal(chunk + 4, chunk + 8, "IEND");
    at += 12 + length;
  }
}

/// The tables in a DHT segment: a byte of class and number, how many codes there are of each length from 1 to
/// 16, and a symbol a code. A byte has 256 values, and stb_image writes past its tables where they hold more.
void check_huffman_tables(ByteSpan segment, const std::string& name, size_t offset) {
  while (!segment.empty()) {
    const size_t codes =
        segment.size() < 17 ? 0 : std::accumulate(segment.begin() + 1, segment.begin() + 17, size_t{0});
    require<Error>(segment.size() >= 17 + codes && codes <= 256, name,
                   ": the JPEG's Huffman tables at offset ", offset, " are damaged");
    segment = segment.subspan(17 + codes);
  }
}

/// Segments: 0xFF, marker, and for most a u16 length that counts itself (ITU T.81, annex B). Coded data
/// follows the SOS segment; in it 0xFF only occurs before 0 and as a restart marker, so that it is skipped as
/// padding is.
void check_jpeg(ByteSpan data, const std::string& name) {
  size_t at = std::size(jpeg_signature);
  const auto cut_short = [&](bool is_cut) {
    require<Error>(!is_cut, name, " is cut short: JPEG data ends at offset ", data.size(),
                   " without an end-of-image marker");
  };
  for (;;) {
    while (at < data.size() && data[at] != 0xff) ++at;
    while (at < data.size() && data[at] == 0xff) ++at;
    cut_short(at >= data.size());
    const uint8_t marker = data[at++];
    if (marker == 0xd9) return;
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    cut_short(data.size() - at < 2);
    const size_t length = std::max<size_t>(load_be<uint16_t>(data.data() + at), 2);
    cut_short(length > data.size() - at);
    if (marker == 0xc4) check_huffman_tables(data.subspan(at + 2, length - 2), name, at);
    at += length;
  }
}

void check_bmp(ByteSpan data, const std::string& name) {
  require<Error>(data.size() >= 34, name, " is cut short: a BMP header takes 34 bytes, file has ",
                 data.size());
  const uint8_t* p = data.data();
  const auto info_size = load_le<uint32_t>(p + 14);
  // The old 12-byte header has 16-bit sizes, and compressed pixels have no size to expect.
  if (info_size < 40 || load_le<uint32_t>(p + 30) != 0) return;
  const auto width = load_le<uint32_t>(p + 18);
  const int64_t height = std::abs(int64_t{static_cast<int32_t>(load_le<uint32_t>(p + 22))});
  const auto bits = load_le<uint16_t>(p + 28);
  const uint64_t row = (uint64_t{width} * bits + 31) / 32 * 4;
  const auto begin = load_le<uint32_t>(p + 10);
  const uint64_t have = data.size() > begin ? data.size() - begin : 0;
  require<Error>(height == 0 || row <= have / static_cast<uint64_t>(height), name,
                 " is cut short: the BMP header says ", height, " rows of ", row, " bytes from offset ",
                 begin, " on, file has ", data.size());
}

}  // namespace

void check_image(ByteSpan data, const std::string& name) {
  if (begins_with(data, png_signature)) return check_png(data, name);
  if (begins_with(data, jpeg_signature)) return check_jpeg(data, name);
  if (begins_with(data, bmp_signature)) return check_bmp(data, name);
  throw Error(concat(name, ": not a PNG, JPEG or BMP image"));
}

}  // namespace saddle
