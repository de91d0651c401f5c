#include "tasks/bilinear.hpp"

#include "base/vectorize.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace lp {
namespace {

/// Where output pixel `i` falls between two pixels of the image, and how much the second one weighs, in
/// 1/2048.
struct Tap {
  int first;
  std::int16_t weight_first, weight_second;
};

std::int16_t weight(float part) {
  return static_cast<std::int16_t>(std::nearbyintf(part * 2048.0F));
}

/// The single precision of the position is OpenCV's and decides about the last bit.
Tap tap(int i, double scale) {
  const auto position = static_cast<float>((i + 0.5) * scale - 0.5);
  const int first = static_cast<int>(std::floor(position));
  const float part = position - static_cast<float>(first);
  return {first, weight(1.0F - part), weight(part)};
}

/// OpenCV divides one by the inverse; the plain quotient can differ in its last bit.
double scale_of(int from, int to) {
  return 1.0 / (static_cast<double>(to) / from);
}

LP_VECTORIZED void blend_rows(const std::int16_t* above, const std::int16_t* below, std::int16_t weight_above,
                              std::int16_t weight_below, std::uint8_t* to, int count) {
  for (int i = 0; i < count; ++i) {
    const int sum = ((above[i] * weight_above) >> 16) + ((below[i] * weight_below) >> 16);
    to[i] = static_cast<std::uint8_t>((sum + 2) >> 2);
  }
}

void halve_rows(const std::uint8_t* above, const std::uint8_t* below, std::uint8_t* to, int width) {
  for (int x = 0; x < width; ++x)
    for (int c = 0; c < 3; ++c) {
      const int left = 6 * x + c, right = left + 3;
      to[4 * x + c] =
          static_cast<std::uint8_t>((above[left] + above[right] + below[left] + below[right] + 2) >> 2);
    }
}

void widen_row(const std::uint8_t* rgb, std::uint8_t* to, int width) {
  for (int x = 0; x < width; ++x)
    for (int c = 0; c < 3; ++c) to[4 * x + c] = rgb[3 * x + c];
}

/// The left and the right neighbour of every pixel of a scaled row, four bytes each.
void gather(const std::uint8_t* row, const std::int32_t* offsets, std::uint8_t* left, std::uint8_t* right,
            int width) {
  for (std::ptrdiff_t x = 0; x < width; ++x) {
    std::memcpy(left + 4 * x, row + offsets[x], 4);
    std::memcpy(right + 4 * x, row + offsets[x] + 3, 4);
  }
}

/// (left * (2048 - weight) + right * weight) / 16, rounded down, with one multiplication.
LP_VECTORIZED void blend_columns(const std::uint8_t* left, const std::uint8_t* right,
                                 const std::int16_t* weights, std::int16_t* to, int count) {
  for (int i = 0; i < count; ++i) {
    const auto step = static_cast<std::int16_t>(right[i] - left[i]);
    const auto high = static_cast<std::int16_t>((step * weights[i]) >> 16);
    const auto low = static_cast<std::uint16_t>(step * weights[i]);
    to[i] = static_cast<std::int16_t>(static_cast<std::uint16_t>((left[i] << 7) + (high << 12) + (low >> 4)));
  }
}

}  // namespace

BilinearRows::BilinearRows(const Image& image, int width, int height)
    : image_(image), width_(width), scale_y_(scale_of(image.height, height)) {
  const double scale_x = scale_of(image.width, width);
  if (width == image.width && height == image.height) {
    way_ = Way::copy;
  } else if (scale_x == 2 && scale_y_ == 2) {
    way_ = Way::halve;
  } else {
    way_ = Way::weigh;
    const auto values = 4 * static_cast<std::size_t>(width);
    offsets_.reserve(static_cast<std::size_t>(width));
    weights_.reserve(values);
    for (int x = 0; x < width; ++x) {
      const Tap at = tap(x, scale_x);
      const bool inside = at.first >= 0 && at.first < image.width - 1;
      offsets_.push_back(3 * std::clamp(at.first, 0, image.width - 1));
      weights_.insert(weights_.end(), 4, inside ? at.weight_second : std::int16_t{0});
    }
    left_.resize(values);
    right_.resize(values);
    for (ScaledRow& row : rows_) row.values.resize(values);
    guarded_row_.resize(3 * static_cast<std::size_t>(image.width) + 4);
  }
}

const std::uint8_t* BilinearRows::source_row(int y) const {
  return image_.rgb.data() + 3 * static_cast<std::size_t>(image_.width) * static_cast<std::size_t>(y);
}

const std::int16_t* BilinearRows::scaled_row(int source, int keep) {
  for (const ScaledRow& row : rows_)
    if (row.source == source) return row.values.data();
  ScaledRow& row = rows_[0].source == keep ? rows_[1] : rows_[0];
  const std::uint8_t* from = source_row(source);
  // gather reads up to four bytes behind a row: the next one's, if there is one and it is that long.
  if (source + 1 == image_.height || image_.width == 1) {
    std::copy_n(from, 3 * static_cast<std::size_t>(image_.width), guarded_row_.begin());
    from = guarded_row_.data();
  }
  gather(from, offsets_.data(), left_.data(), right_.data(), width_);
  blend_columns(left_.data(), right_.data(), weights_.data(), row.values.data(), 4 * width_);
  row.source = source;
  return row.values.data();
}

void BilinearRows::row(int y, std::uint8_t* to) {
  if (way_ == Way::copy) return widen_row(source_row(y), to, width_);
  if (way_ == Way::halve) return halve_rows(source_row(2 * y), source_row(2 * y + 1), to, width_);
  const Tap at = tap(y, scale_y_);
  const int first = std::clamp(at.first, 0, image_.height - 1);
  const int second = std::clamp(at.first + 1, 0, image_.height - 1);
  const std::int16_t* const above = scaled_row(first, second);
  const std::int16_t* const below = scaled_row(second, first);
  blend_rows(above, below, at.weight_first, at.weight_second, to, 4 * width_);
}

}  // namespace lp
