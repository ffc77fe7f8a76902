#include "core/io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace saddle {
namespace {

constexpr uint32_t local_signature = 0x04034b50, directory_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr size_t local_bytes = 30, directory_bytes = 46, end_bytes = 22;
constexpr uint32_t in_zip64 = 0xffffffff;  // stands for a number that only a zip64 field holds
constexpr uint16_t encrypted = 1, utf8_name = 1 << 11;
constexpr uint16_t stored = 0, deflated = 8;
constexpr uint16_t date_1980 = 1 << 5 | 1;
constexpr int raw_window = -15;  // deflate data with no header of its own

/// Offset of the end record: the last one whose comment reaches just to the end of the file.
size_t find_end(ByteSpan archive, const std::string& name) {
  constexpr size_t max_comment = 0xffff;
  for (size_t comment = 0; comment <= max_comment && comment + end_bytes <= archive.size(); ++comment) {
    const size_t at = archive.size() - end_bytes - comment;
    const uint8_t* p = archive.data() + at;
    if (load_le<uint32_t>(p) == end_signature && load_le<uint16_t>(p + 20) == comment) return at;
  }
  throw Error(concat(name, " is cut short or not a zip archive: its last ", archive.size(),
                     " bytes hold no end record"));
}

/// The numbers of a directory entry.
struct Entry {
  uint16_t flags, method;
  uint32_t crc, compressed, size, offset;
};

Bytes inflate_raw(ByteSpan data, uint32_t size, const std::string& what) {
  // Deflate makes at most 1032 bytes of one: a size beyond that is refused before memory is had for it.
  require<Error>(size / 1032 <= data.size(), what, ": ", data.size(), " deflated bytes cannot hold ", size);
  Bytes out(size);
  z_stream stream{};
  require<OutOfMemory>(inflateInit2(&stream, raw_window) == Z_OK, what, ": zlib has no memory");
  uint8_t nowhere;  // zlib wants an address even for no bytes
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.empty() ? &nowhere : out.data();
  stream.avail_out = size;
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  require<Error>(whole, what, ": its deflated data is damaged");
  return out;
}

Bytes deflate_raw(const Bytes& data) {
  z_stream stream{};
  require<OutOfMemory>(
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, raw_window, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib has no memory");
  Bytes out(deflateBound(&stream, static_cast<uLong>(data.size())));
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), in_zip64));
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  require<Error>(status == Z_STREAM_END, "zip: ", data.size(), " bytes are above 4 GiB when deflated");
  return out;
}

/// The data of one member, whose local header must lie before `limit`.
Bytes read_member(ByteSpan archive, const Entry& entry, size_t limit, const std::string& what) {
  require<Error>((entry.flags & encrypted) == 0, what, " is encrypted");
  require<Error>(entry.compressed != in_zip64 && entry.size != in_zip64 && entry.offset != in_zip64, what,
                 " needs zip64, which is not read");
  const size_t at = entry.offset;
  require<Error>(
      at <= limit && limit - at >= local_bytes && load_le<uint32_t>(archive.data() + at) == local_signature,
      what, ": no local header at offset ", at);
  const uint8_t* p = archive.data() + at;
  const size_t begin = at + local_bytes + load_le<uint16_t>(p + 26) + load_le<uint16_t>(p + 28);
  require<Error>(begin <= limit && entry.compressed <= limit - begin, what, ": its ", entry.compressed,
                 " bytes at offset ", begin, " run into the directory at offset ", limit);
  const ByteSpan data = archive.subspan(begin, entry.compressed);
  Bytes out;
  if (entry.method == stored) {
    require<Error>(entry.size == entry.compressed, what, ": stored, but of two sizes");
    out.assign(data.begin(), data.end());
  } else {
    require<Error>(entry.method == deflated, what, ": compression method ", entry.method,
                   " is neither stored nor deflated");
    out = inflate_raw(data, entry.size, what);
  }
  require<Error>(crc32_z(0, out.data(), out.size()) == entry.crc, what, " at offset ", begin,
                 " is damaged: its checksum does not match");
  return out;
}

/// What a local header and a directory entry have in common: from the version needed to the name's length.
void append_common(Bytes& out, const Entry& entry, size_t name_length) {
  append_le<uint16_t>(out, 20);  // version 2.0: deflate
  append_le(out, entry.flags);
  append_le(out, entry.method);
  append_le<uint16_t>(out, 0);  // midnight
  append_le<uint16_t>(out, date_1980);
  append_le(out, entry.crc);
  append_le(out, entry.compressed);
  append_le(out, entry.size);
  append_le(out, static_cast<uint16_t>(name_length));
  append_le<uint16_t>(out, 0);  // no extra field
}

void append(Bytes& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

}  // namespace

std::vector<ZipMember> read_zip(ByteSpan archive, const std::string& name) {
  const size_t end = find_end(archive, name);
  const uint8_t* p = archive.data() + end;
  const auto count = load_le<uint16_t>(p + 10);
  const size_t bytes = load_le<uint32_t>(p + 12), begin = load_le<uint32_t>(p + 16);
  require<Error>(count != 0xffff && bytes != in_zip64 && begin != in_zip64, name,
                 ": needs zip64, which is not read");
  require<Error>(
      load_le<uint16_t>(p + 4) == 0 && load_le<uint16_t>(p + 6) == 0 && load_le<uint16_t>(p + 8) == count,
      name, ": is spread over several volumes");
  require<Error>(begin <= end && bytes == end - begin, name, ": its directory, ", bytes, " bytes at offset ",
                 begin, ", does not reach to its end record at offset ", end);

  std::vector<ZipMember> members;
  size_t at = begin;
  for (size_t i = 0; i < count; ++i) {
    p = archive.data() + at;
    require<Error>(end - at >= directory_bytes && load_le<uint32_t>(p) == directory_signature, name,
                   ": no directory entry at offset ", at);
    const Entry entry{load_le<uint16_t>(p + 8),  load_le<uint16_t>(p + 10), load_le<uint32_t>(p + 16),
                      load_le<uint32_t>(p + 20), load_le<uint32_t>(p + 24), load_le<uint32_t>(p + 42)};
    const size_t name_length = load_le<uint16_t>(p + 28);
    const size_t total =
        directory_bytes + name_length + load_le<uint16_t>(p + 30) + load_le<uint16_t>(p + 32);
    require<Error>(end - at >= total, name, ": the directory entry at offset ", at, " does not fit");
    const std::string member(p + directory_bytes, p + directory_bytes + name_length);
    members.push_back(
        {member, read_member(archive, entry, begin, concat(name, ": member \"", member, "\""))});
    at += total;
  }
  require<Error>(at == end, name, ": its directory ends at offset ", at, ", not at its end record at offset ",
                 end);
  return members;
}

Bytes make_zip(const std::vector<ZipMember>& members, ZipMethod method) {
  constexpr uint64_t limit = in_zip64;
  require<Error>(members.size() < 0xffff, "zip: ", members.size(), " members are too many");
  Bytes out, directory;
  for (const auto& member : members) {
    require<Error>(member.data.size() < limit && member.name.size() < 0xffff, "zip: member \"", member.name,
                   "\" of ", member.data.size(), " bytes is too large");
    const Bytes packed = method == ZipMethod::deflated ? deflate_raw(member.data) : Bytes();
    const Bytes& data = method == ZipMethod::deflated ? packed : member.data;
    require<Error>(out.size() + data.size() < limit, "zip: the archive is above 4 GiB");
    const Entry entry{utf8_name,
                      method == ZipMethod::deflated ? deflated : stored,
                      static_cast<uint32_t>(crc32_z(0, member.data.data(), member.data.size())),
                      static_cast<uint32_t>(data.size()),
                      static_cast<uint32_t>(member.data.size()),
                      static_cast<uint32_t>(out.size())};
    append_le(out, local_signature);
    append_common(out, entry, member.name.size());
    append(out, member.name);
    out.insert(out.end(), data.begin(), data.end());

    append_le(directory, directory_signature);
    append_le<uint16_t>(directory, 20);  // made by version 2.0 on MS-DOS: no file permissions follow
    append_common(directory, entry, member.name.size());
    append_le<uint16_t>(directory, 0);  // no comment
    append_le<uint16_t>(directory, 0);  // first volume
    append_le<uint16_t>(directory, 0);  // internal attributes
    append_le<uint32_t>(directory, 0);  // external attributes
    append_le(directory, entry.offset);
    append(directory, member.name);
  }
  require<Error>(out.size() + directory.size() < limit, "zip: the archive is above 4 GiB");
  const auto begin = static_cast<uint32_t>(out.size());
  out.insert(out.end(), directory.begin(), directory.end());
  append_le(out, end_signature);
  append_le<uint32_t>(out, 0);  // this volume and the directory's
  append_le(out, static_cast<uint16_t>(members.size()));
  append_le(out, static_cast<uint16_t>(members.size()));
  append_le(out, static_cast<uint32_t>(directory.size()));
  append_le(out, begin);
  append_le<uint16_t>(out, 0);  // no comment
  return out;
}

}  // namespace saddle
