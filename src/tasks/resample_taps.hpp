#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// How pixels are weighed when a picture changes its size. The numbers are those of PIL's Image.Resampling,
/// which stand in `preprocessor_config.json` of Hugging Face.
enum class ResampleFilter { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

/// "nearest", "lanczos", ...: the names of PIL, timm and open_clip, in lower case.
std::string_view name(ResampleFilter filter);

/// The filter of that name; nothing if there is none.
std::optional<ResampleFilter> resample_filter(std::string_view name);

/// The filter of that number; nothing if there is none.
std::optional<ResampleFilter> resample_filter(std::int64_t number);

/// Every name, for messages: "nearest, lanczos, ...".
std::string resample_filter_names();

/// One axis of a resize: which pixels of the source make up each pixel of the result, and how much each
/// weighs, in 1/2^22.
struct ResampleTaps {
  static constexpr int precision_bits = 22;  // Pillow: 32 - 8 of a pixel - 2 of headroom

  /// Pixels [first, first + count) of the source.
  struct Range {
    int first, count;
  };
  std::vector<Range> ranges;          // one a pixel of the result
  std::vector<std::int32_t> weights;  // `stride` a pixel of the result, zeros behind its `count`
  std::size_t stride = 0;

  const std::int32_t* of(std::size_t i) const { return weights.data() + stride * i; }
};

/// Taps of `count` pixels from `first` on, where an axis of `from` pixels becomes one of `to`. All sizes at
/// least 1; any filter but nearest. `stride` is a multiple of `align`. Equal to Pillow's: a filter is
/// stretched when the axis shrinks. Source: Pillow 9.4, src/libImaging/Resample.c.
ResampleTaps resample_taps(ResampleFilter filter, int from, int to, int first, int count, int align = 1);

/// The pixels of the source that `nearest` takes for these pixels of the result. Source: Pillow 9.4,
/// src/libImaging/Geometry.c: the position is a sum of steps, so its rounding adds up too.
std::vector<int> nearest_taps(int from, int to, int first, int count);

}  // namespace lp
