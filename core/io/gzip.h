// gzip (RFC 1952), inflated to memory by zlib.
#pragma once
#include <string>

#include "core/io/bytes.h"

namespace saddle {

/// True if `data` begins as a gzip file does.
bool is_gzip(ByteSpan data);

/// The bytes that `data` was made from: one member or several, with or without a file name in the header.
/// `name` is the file's, for messages. Throws Error with the offset for data that is cut short, damaged (the
/// checksum of each member is checked), or followed by anything that is not gzip.
Bytes gunzip(ByteSpan data, const std::string& name);

}  // namespace saddle
