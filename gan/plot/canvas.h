// A picture to draw on: discs, lines, boxes and text, smooth at their edges, blended over what is there.
#pragma once
#include <string>
#include <vector>

#include "core/tensor.h"

namespace saddle {

/// Each in [0, 1]; alpha 1 covers.
struct Colour {
  double red = 0, green = 0, blue = 0, alpha = 1;
};

/// Of a canvas, in pixels: centres of pixels lie at halves, y grows downwards.
struct Spot {
  double x, y;
};

/// Pixels with left <= x < right and top <= y < bottom.
struct Box {
  int64_t left, top, right, bottom;

  int64_t width() const { return right - left; }
  int64_t height() const { return bottom - top; }
};

class Canvas {
 public:
  /// White all over. Throws UsageError unless both extents are from 1 to 16384.
  Canvas(int64_t width, int64_t height);

  /// What is drawn next shows inside this box only; at first, everywhere.
  void clip(const Box& box);

  void fill(const Box& box, const Colour& colour);
  void disc(const Spot& centre, double radius, const Colour& colour);
  /// A line from each of the spots to the next. Each pixel is covered once, where pieces meet or cross too.
  void line(const std::vector<Spot>& spots, double width, const Colour& colour);
  /// The text's top left corner is at (x, y); each dot of the font takes scale x scale pixels. Upwards, the
  /// text is turned by a quarter to the left about that corner, its bottom left one then.
  void text(int64_t x, int64_t y, const std::string& text, const Colour& colour, int64_t scale = 1,
            bool upwards = false);
  /// Pixels that a text takes along its line.
  static int64_t text_width(const std::string& text, int64_t scale = 1);

  /// u8 [height, width, 3], for write_png.
  Tensor pixels() const;

 private:
  /// `box`, less what lies outside the clip.
  Box clipped(const Box& box) const;
  void blend(int64_t x, int64_t y, const Colour& colour, double coverage);

  int64_t width_, height_;
  Box clip_;
  std::vector<float> rgb_;
};

}  // namespace saddle
