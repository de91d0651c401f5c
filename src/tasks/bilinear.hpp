#pragma once
#include "formats/image.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace lp {

/// The rows of a picture scaled to another size, equal to those of OpenCV's resize (INTER_LINEAR, 8 bit):
/// pixel centres at .5, weights of 11 bits, no smoothing when it shrinks, except that exactly half the size
/// in both axes is the mean of 2 x 2 pixels. Borrows the image. Not thread-safe. Source of the rules:
/// OpenCV 4.10.0, modules/imgproc/src/resize.cpp; compared with its results bit by bit.
class BilinearRows {
 public:
  /// All sizes at least 1.
  BilinearRows(const Image& image, int width, int height);

  /// Writes row `y` of the scaled picture to `to`: `width` pixels of 4 bytes, R, G, B and one without
  /// meaning. Fastest when rows are asked for from top to bottom.
  void row(int y, std::uint8_t* to);

 private:
  enum class Way { copy, halve, weigh };
  /// A row of the image scaled in x: values * 2048 / 16, four a pixel.
  struct ScaledRow {
    int source = -1;
    std::vector<std::int16_t> values;
  };

  const std::uint8_t* source_row(int y) const;
  /// Row `source` of the image scaled in x; may take the place of any other such row but `keep`.
  const std::int16_t* scaled_row(int source, int keep);

  const Image& image_;
  int width_;
  double scale_y_;
  Way way_;
  std::vector<std::int32_t> offsets_;  // of a column's left pixel in a row of the image, bytes
  std::vector<std::int16_t> weights_;  // of its right pixel, of 2048, four times
  std::vector<std::uint8_t> left_, right_;
  std::array<ScaledRow, 2> rows_;
  std::vector<std::uint8_t> guarded_row_;  // a copy of a row with bytes behind it that may be read
};

}  // namespace lp
