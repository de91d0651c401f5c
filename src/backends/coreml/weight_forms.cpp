#include "backends/coreml/weight_forms.hpp"

#include "base/dtype.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cmath>

namespace lp::coreml {
namespace {

/// The nearest number that the element type has.
float held(float value, mil::Element element) {
  return element == mil::Element::f16 ? half_to_float(float_to_half(value)) : value;
}

/// Sorted numbers in cells so small that what lies in one cell may have one color: none is wider, or has more
/// numbers, than one of 2,048 parts of all. Of 4,096 numbers or fewer each is a cell.
class Cells {
 public:
  explicit Cells(std::span<const float> sorted) {
    constexpr std::size_t parts = 2048;
    const bool apart = sorted.size() <= 2 * parts;
    const float width = (sorted.back() - sorted.front()) / static_cast<float>(parts);
    const std::size_t most = sorted.size() / parts;
    double count = 0, sum = 0, squares = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const auto x = static_cast<double>(sorted[i]);
      count += 1, sum += x, squares += x * x;
      const bool goes_on =
          !apart && i + 1 < sorted.size() && i + 1 - first < most && sorted[i + 1] - sorted[first] <= width;
      if (goes_on) continue;
      first = i + 1;
      counts_.push_back(count), sums_.push_back(sum), squares_.push_back(squares);
    }
  }

  std::size_t size() const { return counts_.size() - 1; }
  /// Of the cells `from` to `to`: the mean of their numbers, and the squares of what they differ from it.
  double mean(std::size_t from, std::size_t to) const {
    return (sums_[to] - sums_[from]) / (counts_[to] - counts_[from]);
  }
  double error(std::size_t from, std::size_t to) const {
    if (from == to) return 0;
    const double sum = sums_[to] - sums_[from];
    return squares_[to] - squares_[from] - sum * sum / (counts_[to] - counts_[from]);
  }

 private:
  std::vector<double> counts_ = {0}, sums_ = {0}, squares_ = {0};  // of all cells before
};

/// The cut of cells into groups that makes the least error, by dynamic programming; the last group of a
/// longer row never begins further left, so that half of the ends bound where the others' are looked for.
/// Source: Gronlund et al. 2017, arXiv:1701.07204, section 2.
class BestCut {
 public:
  BestCut(const Cells& cells, std::size_t groups)
      : cells_(cells), before_(cells.size() + 1, 1e300), now_(cells.size() + 1) {
    before_[0] = 0;
    for (std::size_t group = 0; group < groups; ++group) {
      begins_.emplace_back(cells.size() + 1);
      find(0, cells.size(), 0, cells.size());
      std::swap(before_, now_);
    }
  }

  std::vector<double> means() const {
    std::vector<double> found;
    std::size_t end = cells_.size();
    for (auto begins = begins_.rbegin(); begins != begins_.rend(); ++begins) {
      const std::size_t begin = (*begins)[end];
      if (begin < end) found.push_back(cells_.mean(begin, end));
      end = begin;
    }
    found.resize(begins_.size(), found.back());
    std::ranges::sort(found);
    return found;
  }

 private:
  /// For ends of `first` to `last`, whose last groups begin within `low` to `high`.
  void find(std::size_t first, std::size_t last, std::size_t low, std::size_t high) {
    const std::size_t end = first + (last - first) / 2;
    now_[end] = 1e300;
    for (std::size_t from = low; from <= std::min(end, high); ++from)
      if (const double error = before_[from] + cells_.error(from, end); error < now_[end])
        now_[end] = error, begins_.back()[end] = from;
    const std::size_t begin = begins_.back()[end];
    if (end > first) find(first, end - 1, low, begin);
    if (end < last) find(end + 1, last, begin, high);
  }

  const Cells& cells_;
  std::vector<double> before_, now_;
  std::vector<std::vector<std::size_t>> begins_;  // of the last group of each number of groups, by its end
};

}  // namespace

std::string_view name(WeightForm form) {
  switch (form) {
    case WeightForm::whole: return "";
    case WeightForm::int8: return "int8";
    case WeightForm::palette6: return "palette6";
    case WeightForm::palette4: return "palette4";
  }
  return "";
}

ScaledBytes scaled_bytes(std::span<const float> numbers, const mil::Sizes& sizes, std::size_t axis,
                         mil::Element element) {
  constexpr float most = 127;
  std::size_t inner = 1;
  for (std::size_t i = axis + 1; i < sizes.size(); ++i) inner *= static_cast<std::size_t>(sizes[i]);
  const auto channels = static_cast<std::size_t>(sizes[axis]);
  ScaledBytes bytes{std::vector<std::int8_t>(numbers.size()), std::vector<float>(channels, 0.0F)};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    float& largest = bytes.scales[i / inner % channels];
    largest = std::max(largest, std::abs(numbers[i]));
  }
  for (float& scale : bytes.scales) {
    scale = held(scale / most, element);
    if (!(scale > 0)) scale = 1;  // zeros, or what the element type rounds to zero
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const float level = std::nearbyint(numbers[i] / bytes.scales[i / inner % channels]);
    bytes.numbers[i] = static_cast<std::int8_t>(std::clamp(level, -most, most));
  }
  return bytes;
}

Palette palette_of(std::span<const float> numbers, std::size_t count, mil::Element element) {
  LP_ASSERT(!numbers.empty() && count <= 256);
  std::vector<float> sorted(numbers.begin(), numbers.end());
  std::ranges::sort(sorted);
  Palette palette;
  for (const double color : BestCut(Cells(sorted), count).means())
    palette.colors.push_back(held(static_cast<float>(color), element));
  std::vector<float> middles;
  for (std::size_t i = 1; i < count; ++i) middles.push_back((palette.colors[i - 1] + palette.colors[i]) / 2);
  palette.places.reserve(numbers.size());
  for (const float number : numbers)
    palette.places.push_back(
        static_cast<std::uint8_t>(std::ranges::upper_bound(middles, number) - middles.begin()));
  return palette;
}

std::vector<std::byte> packed(std::span<const std::uint8_t> places, int bits) {
  constexpr std::size_t byte = 8;
  const auto width = static_cast<std::size_t>(bits);
  std::vector<std::byte> bytes((places.size() * width + byte - 1) / byte);
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t bit = 0; bit < width; ++bit)
      if ((places[i] >> bit & 1U) != 0)
        bytes[(i * width + bit) / byte] |= std::byte{1} << ((i * width + bit) % byte);
  return bytes;
}

}  // namespace lp::coreml
