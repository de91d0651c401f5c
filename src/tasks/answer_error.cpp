#include "tasks/answer_error.hpp"

#include "base/error.hpp"
#include "tasks/box.hpp"
#include "tasks/detector.hpp"

#include <algorithm>
#include <cmath>

namespace lp {
namespace {

constexpr float least_score = 0.1F;

/// Cells of a detection output, rows one after another.
struct Rows {
  const std::vector<float>& values;
  std::size_t anchors;
  float at(std::size_t row, std::size_t anchor) const { return values[row * anchors + anchor]; }
  Box box(std::size_t anchor) const {
    const float x = at(0, anchor), y = at(1, anchor), w = at(2, anchor), h = at(3, anchor);
    return {x - w / 2, y - h / 2, x + w / 2, y + h / 2};
  }
};

/// The row of an anchor's best class.
std::size_t best_row(const Rows& output, std::size_t rows, std::size_t anchor) {
  std::size_t best = 4;
  for (std::size_t row = 5; row < rows; ++row)
    if (output.at(row, anchor) > output.at(best, anchor)) best = row;
  return best;
}

AnswerError detection_error(const std::vector<float>& answer, const std::vector<float>& original,
                            std::size_t rows) {
  LP_ASSERT(rows > 4 && answer.size() == original.size() && answer.size() % rows == 0);
  const std::size_t anchors = answer.size() / rows;
  const Rows found{answer, anchors}, expected{original, anchors};
  AnswerError error;
  for (std::size_t anchor = 0; anchor < anchors; ++anchor) {
    const std::size_t there = best_row(expected, rows, anchor), seen = best_row(found, rows, anchor);
    const auto difference = [&](std::size_t row) {
      return std::fabs(double{found.at(row, anchor)} - expected.at(row, anchor));
    };
    if (expected.at(there, anchor) >= least_score) {
      ++error.weight;
      error.sum += 1.0 - double{iou(found.box(anchor), expected.box(anchor))} + difference(there);
    }
    if (seen != there || expected.at(there, anchor) < least_score)
      if (found.at(seen, anchor) >= least_score) error.sum += difference(seen);
  }
  return error;
}

}  // namespace

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  LP_ASSERT(a.size() == b.size());
  double product = 0, of_a = 0, of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += double{a[i]} * b[i];
    of_a += double{a[i]} * a[i];
    of_b += double{b[i]} * b[i];
  }
  return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

AnswerError answer_error(const ModelInfo& info, const Outputs& answer, const Outputs& original) {
  if (finds_boxes(info.task) && original.contains("output"))
    return detection_error(answer.at("output"), original.at("output"), 4 + info.labels.size());
  const std::string output = original.contains("logits")     ? "logits"
                             : original.contains("features") ? "features"
                                                             : "embedding";
  return {1 - cosine(answer.at(output), original.at(output)), 1};
}

}  // namespace lp
