// What the image decoder does not look at: whether a file is whole. stb_image fills what is missing from a
// JPEG or BMP with grey or black and passes over the checksums of a PNG, and training data that is damaged
// without a word is worse than an error.
#pragma once
#include <string>

#include "core/io/bytes.h"

namespace saddle {

/// Throws Error, naming the file as `name`, unless `data` is a PNG, JPEG or BMP that is all there: a PNG's
/// critical chunks up to IEND with right checksums; a JPEG's segments up to its end-of-image marker; the
/// pixels of an uncompressed BMP. Bytes after the image are allowed. Pixels are not decoded.
void check_image(ByteSpan data, const std::string& name);

}  // namespace saddle
