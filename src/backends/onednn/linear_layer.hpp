#pragma once
#include "backends/onednn/builder.hpp"

#include <optional>

namespace lp::onednn {

/// A linear layer as the graph asks for it: x [rows, in] and y [rows, out], and what is added to the result,
/// if anything, as rows.
struct LinearLayer {
  int id = -1;
  View x;
  std::optional<View> term;
  View y;
  bool has_bias = false;
};

/// Whether a layer of floating numbers is best computed by our product of few rows.
bool has_few_rows(const Builder& b, const LinearLayer& layer);
/// Adds it, with all that is fused but rounding to levels.
void add_of_few_rows(Builder& b, const LinearLayer& layer);

}  // namespace lp::onednn
