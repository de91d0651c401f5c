#pragma once
#include "formats/image.hpp"
#include "tasks/resample_taps.hpp"

#include <cstdint>
#include <vector>

namespace lp {

/// A part of a scaled picture, in its pixels. Within it and not empty.
struct ResampleWindow {
  int left = 0, top = 0, width = 0, height = 0;
};

/// The rows of a picture scaled to another size, bit by bit those of PIL's Image.resize for mode RGB: first
/// the columns, rounded to 8 bits, then the rows. Only what the window needs is computed. Holds the taps of
/// both axes and the scaled source rows under one row of the result: memory follows the size of the window,
/// not of the picture. Borrows the image. Not thread-safe. Source: Pillow 9.4, src/libImaging/Resample.c.
class ResampledRows {
 public:
  /// All sizes at least 1.
  ResampledRows(const Image& image, int width, int height, ResampleFilter filter,
                const ResampleWindow& window);

  /// Row `y` of the window, [width, 3]; valid until the next call. Fastest from top to bottom.
  const std::uint8_t* row(int y);

 private:
  enum class Way { copy, pick, weigh };

  const std::uint8_t* source_row(int y) const;
  /// Row `y` of the source with the window's columns, [width, 3].
  const std::uint8_t* scaled_columns(int y);
  /// Fills the places of `kept_` for source rows `y` and the next ones.
  void weigh_columns_from(int y);

  const Image& image_;
  ResampleWindow window_;
  Way columns_way_, rows_way_;
  ResampleTaps columns_, rows_;
  std::vector<int> picked_columns_, picked_rows_;
  int first_column_ = 0, end_column_ = 0, end_row_ = 0;  // of the source, as far as the window needs it
  std::vector<std::uint8_t> groups_;                     // some source rows, their pixels side by side
  std::vector<std::uint8_t> kept_;                       // source rows with scaled columns, y at y % rows
  std::vector<int> kept_source_;                         // which ones
  std::vector<const std::uint8_t*> under_;
  std::vector<std::uint8_t> result_;
};

/// A whole picture scaled to width x height; equal to PIL's Image.resize((width, height), filter).
/// Thread-safe.
/// @throws Error{bad_input} for a size below 1 or above 100 megapixels.
Image resample(const Image& image, int width, int height, ResampleFilter filter);

}  // namespace lp
