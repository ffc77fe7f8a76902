// A bitmap font: printable ASCII in cells of 5x7 dots, so that plots carry text without a font on the
// machine.
#pragma once

namespace saddle {

constexpr int glyph_width = 5, glyph_height = 7;

/// Whether the character has a dot at column x and row y, from the top left; others than printable ASCII look
/// like a question mark.
bool glyph_dot(char c, int x, int y);

}  // namespace saddle
