#pragma once
#include "tasks/box.hpp"
#include "tasks/letterbox.hpp"
#include "tasks/run_lengths.hpp"

#include <optional>
#include <span>

namespace lp {

/// A segmentation network's prototypes [masks, height, width], f32, dense. Borrows the data.
struct Prototypes {
  const float* data = nullptr;
  int masks = 0, height = 0, width = 0;
};

/// The mask of one detection in a picture of image_width x image_height, or nothing where no pixel of the
/// network's input is inside. `coefficients`: one a prototype. `box`: in pixels of the input, finite. The sum
/// of coefficients times prototypes is set to 0 outside the box, enlarged to the input bilinearly (pixel
/// centres at halves), and inside where it is above 0; the part of the input where the picture stands is
/// scaled to the picture bilinearly, and inside above one half. Memory: a byte a pixel of the input, and the
/// result. Thread-safe. Source: Ultralytics 8.3.252, utils/ops.py process_mask, crop_mask (as for fewer than
/// 50 masks: the box's sides rounded to prototype pixels) and scale_masks (facts only).
std::optional<RunLengths> mask_of(const Prototypes& prototypes, std::span<const float> coefficients,
                                  const Box& box, const Letterbox& letterbox, int image_width,
                                  int image_height);

}  // namespace lp
