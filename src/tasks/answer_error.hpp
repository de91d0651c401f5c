#pragma once
#include "models/catalog.hpp"

#include <map>
#include <string>
#include <vector>

namespace lp {

/// A run's outputs by name, row-major.
using Outputs = std::map<std::string, std::vector<float>>;

/// How far a run's answer is from that of the original model, in the terms of the task; 0 for the same.
/// Detection (output [4 + labels, anchors]): over the anchors that the original gives a score above 0.1, 1
/// less the overlap of the boxes plus the difference of the best class's scores; over those to whose best
/// class only the answer gives such a score, that difference; all divided by one more than the number of the
/// former. All else: 1 - cosine of the logits, else of the embedding.
double answer_error(const ModelInfo& info, const Outputs& answer, const Outputs& original);

/// 1 for vectors of one direction, -1 for opposite ones; 0 where one has no length.
double cosine(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace lp
