#include "tasks/labels.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>

namespace lp {
namespace {

/// The numbers of a line; empty if one is none.
std::vector<double> numbers_of(const std::string& line) {
  std::vector<double> numbers;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::optional<double> number = parse_real(word);
    if (!number || !std::isfinite(*number)) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

/// In parts of the picture. `of`: centre and size, or an outline's corners.
Box box_of(std::span<const double> of) {
  double left = of[0] - of[2] / 2, top = of[1] - of[3] / 2, right = of[0] + of[2] / 2,
         bottom = of[1] + of[3] / 2;
  if (of.size() > 4) {
    left = top = std::numeric_limits<double>::infinity();
    right = bottom = -left;
    for (std::size_t i = 0; i + 1 < of.size(); i += 2) {
      left = std::min(left, of[i]);
      right = std::max(right, of[i]);
      top = std::min(top, of[i + 1]);
      bottom = std::max(bottom, of[i + 1]);
    }
  }
  return {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
          static_cast<float>(bottom)};
}

}  // namespace

std::vector<Detection> read_yolo_labels(std::string_view text, const std::string& file, int classes,
                                        int width, int height) {
  std::vector<Detection> detections;
  for (const std::string& line : lines_of(text)) {
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    const std::vector<double> numbers = numbers_of(line);
    const bool outline = numbers.size() >= 7 && numbers.size() % 2 == 1;
    if (numbers.size() != 5 && !outline)
      fail(Fault::bad_input,
           "{}: `{:.40}` is no label: a class number and a box's centre, width and height, or an outline",
           file, line);
    if (numbers[0] != std::floor(numbers[0]) || numbers[0] < 0 || numbers[0] >= classes)
      fail(Fault::bad_input, "{}: `{:.40}`: the model has the classes 0 to {}", file, line, classes - 1);
    const Box box = box_of(std::span(numbers).subspan(1));
    const auto wide = static_cast<float>(width), high = static_cast<float>(height);
    detections.push_back(
        {static_cast<int>(numbers[0]), 1.0F, {box.x1 * wide, box.y1 * high, box.x2 * wide, box.y2 * high}});
  }
  return detections;
}

int read_class_label(std::string_view text, const std::string& file, std::span<const std::string> labels) {
  const std::vector<std::string> lines = lines_of(text);
  if (lines.size() != 1) fail(Fault::bad_input, "{}: one class is wanted here, its name or number", file);
  const auto named = std::ranges::find(labels, lines.front());
  if (named != labels.end()) return static_cast<int>(named - labels.begin());
  const std::optional<double> number = parse_real(lines.front());
  const bool known = number && *number == std::floor(*number) && *number >= 0 &&
                     *number < static_cast<double>(labels.size());
  if (!known)
    fail(Fault::bad_input, "{}: the model has no class `{:.60}`; nearest is `{}`", file, lines.front(),
         nearest(lines.front(), labels));
  return static_cast<int>(*number);
}

}  // namespace lp
