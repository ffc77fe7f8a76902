#include "core/io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace saddle {
namespace {

constexpr int gzip_window = 15 + 16;  // the widest window; +16: a gzip header, not a zlib one
constexpr size_t max_step = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits

/// A decompressor for one member after another.
class Inflater {
 public:
  Inflater() { require<OutOfMemory>(inflateInit2(&stream_, gzip_window) == Z_OK, "zlib has no memory"); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream* operator->() { return &stream_; }
  int run() { return inflate(&stream_, Z_NO_FLUSH); }
  void restart() { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

}  // namespace

bool is_gzip(ByteSpan data) {
  return data.size() >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

Bytes gunzip(ByteSpan data, const std::string& name) {
  require<Error>(is_gzip(data), name, ": not a gzip file");
  Inflater inflater;
  Bytes out(std::max<size_t>(4 * data.size(), 1024));
  size_t read = 0, written = 0;
  int status = Z_OK;
  // Ends after the last byte, between two members; trailing bytes are taken for another member.
  while (read < data.size() || status != Z_STREAM_END) {
    if (status == Z_STREAM_END) inflater.restart();
    if (written == out.size()) out.resize(2 * out.size());
    const size_t can_read = std::min(data.size() - read, max_step);
    const size_t can_write = std::min(out.size() - written, max_step);
    inflater->next_in = const_cast<Bytef*>(data.data() + read);
    inflater->avail_in = static_cast<uInt>(can_read);
    inflater->next_out = out.data() + written;
    inflater->avail_out = static_cast<uInt>(can_write);
    status = inflater.run();
    read += can_read - inflater->avail_in;
    written += can_write - inflater->avail_out;
    require<OutOfMemory>(status != Z_MEM_ERROR, name, ": zlib has no memory");
    require<Error>(status != Z_DATA_ERROR, name, ": gzip data is damaged at offset ", read, ": ",
                   inflater->msg);
    // All is read and there was room to write more, yet the member has not ended.
    const bool starved = read == data.size() && written < out.size();
    require<Error>(status == Z_STREAM_END || !starved, name,
                   " is cut short: gzip data ends within a member at offset ", read);
  }
  out.resize(written);
  return out;
}

}  // namespace saddle
