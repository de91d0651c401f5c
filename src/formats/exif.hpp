#pragma once
#include "formats/image.hpp"

#include <cstddef>
#include <span>

namespace lp {

/// The orientation (tag 0x0112, 1 to 8) in the first directory of Exif data: a TIFF header of either byte
/// order, with or without "Exif\0\0" before it. 1, upright, if there is none or the data is broken; never
/// reads past its end. Source: CIPA DC-008 (Exif 2.32), 4.6.4 and TIFF 6.0, section 2.
int exif_orientation(std::span<const std::byte> exif);

/// Turns and mirrors a picture stored with `orientation` so that it stands upright; the full size too.
void make_upright(Image& image, int orientation);

}  // namespace lp
