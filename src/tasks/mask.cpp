#include "tasks/mask.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lp {
namespace {

/// Pixels of one axis from `first` up to, but not including, `end`.
struct Extent {
  int first = 0, end = 0;
  int size() const { return end - first; }
  bool holds(int at) const { return at >= first && at < end; }
};

/// What a pixel of an axis that is scaled to another size is made of: two neighbours, and how much the second
/// counts.
struct Tap {
  int low = 0, high = 0;
  float weight = 0;
};

/// Bilinear scaling with pixel centres at halves and edges repeated, as torch.nn.functional.interpolate
/// (align_corners=False) has it. Where a pixel's middle falls right between two others, the rounding of the
/// ratio decides whether a mask's edge is above one half: it is f32, the rest double, as in PyTorch 1.13 on
/// processors.
Tap tap(int out, int out_size, int in_size) {
  const float scale = static_cast<float>(in_size) / static_cast<float>(out_size);
  const double at = std::max((out + 0.5) * double{scale} - 0.5, 0.0);
  const int low = std::min(static_cast<int>(at), in_size - 1);
  return {low, std::min(low + 1, in_size - 1), static_cast<float>(at - low)};
}

std::vector<Tap> taps(Extent out, int out_size, int in_size) {
  std::vector<Tap> all;
  for (int i = out.first; i < out.end; ++i) all.push_back(tap(i, out_size, in_size));
  return all;
}

/// The pixels of a scaled axis that any of `in` has a part in, and perhaps a few more.
Extent reached(Extent in, int out_size, int in_size) {
  const double scale = static_cast<double>(out_size) / in_size;
  const auto clamped = [&](double at) { return static_cast<int>(std::clamp(at, 0.0, double(out_size))); };
  return {clamped(std::floor((in.first - 1) * scale) - 1), clamped(std::ceil((in.end + 1) * scale) + 1)};
}

/// One side of a box, rounded to prototype pixels.
Extent side(float low, float high, int input, int size) {
  const float ratio = static_cast<float>(size) / static_cast<float>(input);
  const auto rounded = [&](float at) {
    return static_cast<int>(std::clamp(std::nearbyint(at * ratio), 0.0F, static_cast<float>(size)));
  };
  return {rounded(low), rounded(high)};
}

/// A part of a picture, column by column; what lies outside the part is zero.
template <class T>
struct Part {
  Extent x, y;
  std::vector<T> values;

  Part(Extent columns, Extent rows)
      : x(columns),
        y(rows),
        values(static_cast<std::size_t>(x.size()) * static_cast<std::size_t>(y.size())) {}
  /// The column `at`, its first row first; null outside.
  const T* column(int at) const {
    return x.holds(at) ? values.data() + static_cast<std::ptrdiff_t>(at - x.first) * y.size() : nullptr;
  }
};

/// Sums of coefficients times prototypes inside the box.
Part<float> sums(const Prototypes& prototypes, std::span<const float> coefficients, Extent x, Extent y) {
  const auto width = static_cast<std::size_t>(x.size());
  const std::size_t plane =
      static_cast<std::size_t>(prototypes.height) * static_cast<std::size_t>(prototypes.width);
  Part<float> part(x, y);
  std::vector<float> row(width);
  for (int r = y.first; r < y.end; ++r) {
    std::fill(row.begin(), row.end(), 0.0F);
    const float* from = prototypes.data + static_cast<std::ptrdiff_t>(r) * prototypes.width + x.first;
    for (const float coefficient : coefficients) {
      for (std::size_t c = 0; c < width; ++c) row[c] += coefficient * from[c];
      from += plane;
    }
    for (std::size_t c = 0; c < width; ++c)
      part.values[c * static_cast<std::size_t>(y.size()) + static_cast<std::size_t>(r - y.first)] = row[c];
  }
  return part;
}

/// A column between two, of which either may be null: zeros.
template <class T>
void blend(const T* low, const T* high, float weight, std::vector<float>& to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = (1 - weight) * (low != nullptr ? static_cast<float>(low[i]) : 0.0F) +
            weight * (high != nullptr ? static_cast<float>(high[i]) : 0.0F);
}

/// The number at `row` of a column that holds the rows `y`; 0 outside.
float at(const std::vector<float>& column, Extent y, int row) {
  return y.holds(row) ? column[static_cast<std::size_t>(row - y.first)] : 0.0F;
}

/// Which pixels of the network's input are inside: those where the enlarged sum is above 0.
Part<std::uint8_t> inside_input(const Part<float>& sum, const Prototypes& prototypes,
                                const Letterbox& input) {
  Part<std::uint8_t> inside(reached(sum.x, input.width, prototypes.width),
                            reached(sum.y, input.height, prototypes.height));
  const std::vector<Tap> rows = taps(inside.y, input.height, prototypes.height);
  std::vector<float> column(static_cast<std::size_t>(sum.y.size()));
  std::uint8_t* to = inside.values.data();
  for (int x = inside.x.first; x < inside.x.end; ++x) {
    const Tap across = tap(x, input.width, prototypes.width);
    blend(sum.column(across.low), sum.column(across.high), across.weight, column);
    for (const Tap& down : rows)
      *to++ =
          (1 - down.weight) * at(column, sum.y, down.low) + down.weight * at(column, sum.y, down.high) > 0;
  }
  return inside;
}

/// One column of the picture from a blended column of the input. Where two neighbours of the input are alike,
/// so are all pixels between them.
void add_column(RunLengths& mask, const std::vector<float>& column, Extent y, const std::vector<Tap>& rows,
                int before) {
  mask.add(false, static_cast<std::uint32_t>(before));
  for (std::size_t i = 0; i < rows.size();) {
    const float low = at(column, y, rows[i].low), high = at(column, y, rows[i].high);
    std::size_t end = i + 1;
    while (end < rows.size() && rows[end].low == rows[i].low) ++end;
    if (low == high)
      mask.add(low > 0.5F, static_cast<std::uint32_t>(end - i));
    else
      for (; i < end; ++i) mask.add((1 - rows[i].weight) * low + rows[i].weight * high > 0.5F, 1);
    i = end;
  }
  mask.add(false, static_cast<std::uint32_t>(mask.height - before) - static_cast<std::uint32_t>(rows.size()));
}

/// The mask of the input as one of the picture that stands in it.
RunLengths to_image(Part<std::uint8_t> inside, const Letterbox& box, int width, int height) {
  const auto moved = [](Extent& extent, int by) { extent = {extent.first - by, extent.end - by}; };
  moved(inside.x, box.pad_left);
  moved(inside.y, box.pad_top);
  const Extent x = reached(inside.x, width, box.scaled_width),
               y = reached(inside.y, height, box.scaled_height);
  RunLengths mask{height, width, {}};
  const std::vector<Tap> rows = taps(y, height, box.scaled_height);
  std::vector<float> column(static_cast<std::size_t>(inside.y.size()));
  const auto add_empty = [&](int columns) {
    mask.add(false, static_cast<std::uint32_t>(columns) * static_cast<std::uint32_t>(height));
  };
  add_empty(x.first);
  for (int at_x = x.first; at_x < x.end; ++at_x) {
    const Tap across = tap(at_x, width, box.scaled_width);
    const std::uint8_t *low = inside.column(across.low), *high = inside.column(across.high);
    if (low == nullptr && high == nullptr) {
      add_empty(1);
      continue;
    }
    blend(low, high, across.weight, column);
    add_column(mask, column, inside.y, rows, y.first);
  }
  add_empty(width - x.end);
  return mask;
}

}  // namespace

std::optional<RunLengths> mask_of(const Prototypes& prototypes, std::span<const float> coefficients,
                                  const Box& box, const Letterbox& letterbox, int image_width,
                                  int image_height) {
  const Extent x = side(box.x1, box.x2, letterbox.width, prototypes.width),
               y = side(box.y1, box.y2, letterbox.height, prototypes.height);
  if (x.size() <= 0 || y.size() <= 0) return {};
  Part<std::uint8_t> inside = inside_input(sums(prototypes, coefficients, x, y), prototypes, letterbox);
  if (std::find(inside.values.begin(), inside.values.end(), 1) == inside.values.end()) return {};
  return to_image(std::move(inside), letterbox, image_width, image_height);
}

}  // namespace lp
