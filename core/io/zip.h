// zip archives (PKWARE APPNOTE 6.3), as far as .npz needs them: members stored or deflated, in memory.
#pragma once
#include <string>
#include <vector>

#include "core/io/bytes.h"

namespace saddle {

struct ZipMember {
  std::string name;
  Bytes data;  ///< uncompressed
};

/// The members of an archive in the order of its directory. `name` is the file's, for messages. Throws Error
/// naming file, member and offset for an archive that is cut short, a checksum that does not match,
/// encryption, zip64, several volumes, and methods other than stored (0) and deflated (8).
std::vector<ZipMember> read_zip(ByteSpan archive, const std::string& name);

enum class ZipMethod { stored, deflated };

/// An archive of the members in their order. The same arguments give the same bytes: every member is dated
/// 1980-01-01. Throws Error for what zip has no room for without zip64: 4 GiB or 65535 members.
Bytes make_zip(const std::vector<ZipMember>& members, ZipMethod method);

}  // namespace saddle
