#pragma once
#include "formats/image.hpp"
#include "tasks/nms.hpp"
#include "tasks/run_lengths.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace lp {

/// R, G, B.
using Color = std::array<std::uint8_t, 3>;

/// The colour of a class; 20 of them, as far apart in hue as can be, then from the start.
Color class_color(int class_id);

/// Black or white, whichever reads better on `background`.
Color text_color(Color background);

/// Colours what is inside a mask, half transparent. The mask is one of full_width x full_height pixels.
/// Thread-safe for different images.
void draw_mask(Image& image, const RunLengths& mask, Color color);

enum class Labels { drawn, left_out };

/// Draws a frame around every detection and a tag with its name and confidence ("person 0.87"), best ones on
/// top, all inside the picture. Boxes are in pixels of full_width x full_height. `names`: of the classes;
/// their number stands for those that have none. UTF-8; what is not shows as a replacement character. Without
/// any font (font.hpp) frames are drawn, labels are left out. Thread-safe for different images.
Labels draw_detections(Image& image, std::span<const Detection> detections,
                       std::span<const std::string> names);

}  // namespace lp
