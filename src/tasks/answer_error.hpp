#pragma once
#include "models/catalog.hpp"

#include <map>
#include <string>
#include <vector>

namespace lp {

/// A run's outputs by name, row-major.
using Outputs = std::map<std::string, std::vector<float>>;

/// How far answers are from those of the original model, in the terms of the task: the sum over what was
/// judged, and how much that was. Of several runs the sums add up: an answer in which there is nothing to
/// find tells little.
struct AnswerError {
  double sum = 0, weight = 0;
  /// 0 for the same answers; 0 where nothing was judged.
  double mean() const { return weight > 0 ? sum / weight : 0; }
};

/// Detection and segmentation (`output` [4 + labels, anchors]; masks are not judged): for each anchor that
/// the original gives a score above 0.1, 1 less the overlap of the boxes plus the difference of the best
/// class's scores; for each to whose best class only the answer gives such a score, that difference. The
/// weight is the number of the former. All else: 1 - cosine of the logits, else of the features or the
/// embedding; the weight is 1.
AnswerError answer_error(const ModelInfo& info, const Outputs& answer, const Outputs& original);

/// 1 for vectors of one direction, -1 for opposite ones; 0 where one has no length.
double cosine(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace lp
