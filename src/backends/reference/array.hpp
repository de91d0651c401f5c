#pragma once
#include "backends/op_table.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace lp::reference {

/// A value: row-major in the graph's axis order, f32 or, for Indices, whole numbers.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> data = {};
  std::vector<std::int32_t> indices = {};

  std::int64_t size(std::size_t axis) const { return shape[axis]; }
  float& operator[](std::int64_t i) { return data[static_cast<std::size_t>(i)]; }
  float operator[](std::int64_t i) const { return data[static_cast<std::size_t>(i)]; }
};

/// What a rule sees of its node: the op, its inputs (null for one left out), their axes, and the output,
/// allocated.
struct Call {
  const Op& op;
  std::span<const Array* const> in;
  std::span<const Shape> in_shapes;
  Array& out;
  template <class O>
  const O& as() const {
    return *op.as<O>();
  }
};

using Rule = std::function<void(const Call&)>;
using Rules = OpTable<Rule>;

// One list a family, each in its own file of ops/.
void add_activation_rules(Rules& rules);
void add_attention_rules(Rules& rules);
void add_conv_rules(Rules& rules);
void add_detection_rules(Rules& rules);
void add_elementwise_rules(Rules& rules);
void add_linear_rules(Rules& rules);
void add_norm_rules(Rules& rules);
void add_pool_rules(Rules& rules);
void add_quant_rules(Rules& rules);
void add_relative_attention_rules(Rules& rules);
void add_resize_rules(Rules& rules);
void add_row_rules(Rules& rules);
void add_shaping_rules(Rules& rules);
void add_spline_rules(Rules& rules);
void add_state_rules(Rules& rules);

}  // namespace lp::reference
