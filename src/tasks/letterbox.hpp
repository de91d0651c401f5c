#pragma once
#include "formats/image.hpp"
#include "tasks/box.hpp"

namespace lp {

/// How a picture stands in a network's input: scaled to fit, in the middle of a grey field. All in pixels.
/// Source: Ultralytics 8.4.190, data/augment.py LetterBox.
struct Letterbox {
  float gain = 1;                           // input pixels for one of the picture, before rounding
  int pad_left = 0, pad_top = 0;            // where the picture starts
  int width = 0, height = 0;                // of the input
  int scaled_width = 0, scaled_height = 0;  // of the picture in it, at least 1
};

/// Letterbox of a picture in an input of out_width x out_height; small pictures are enlarged. All sizes at
/// least 1.
Letterbox fit(int image_width, int image_height, int out_width, int out_height);

/// Letterbox whose longer side is `size` and whose shorter side is padded only up to a multiple of `stride`.
Letterbox fit_rect(int image_width, int image_height, int size, int stride);

/// Order of an input's numbers: planar [3, h, w], interleaved [h, w, 3].
enum class PixelLayout { planar, interleaved };

/// Writes the picture into an input: `to` holds 3 * height * width numbers, R, G, B in 0..1, grey (114 / 255)
/// around it. `box` must be a fit for `image.width` x `image.height`. Scales bit by bit as OpenCV's resize
/// (INTER_LINEAR, 8 bit) does. Thread-safe.
void letterbox_rgb(const Image& image, const Letterbox& box, float* to,
                   PixelLayout layout = PixelLayout::planar);

/// A box in letterboxed pixels as one in a picture of image_width x image_height, cut off at its edges. The
/// size may be the `full_` one of a picture that was decoded smaller. Source: Ultralytics 8.4.190,
/// utils/ops.py scale_boxes: each axis has the gain that the rounded size really has.
Box to_image(const Box& box, const Letterbox& letterbox, int image_width, int image_height);

}  // namespace lp
