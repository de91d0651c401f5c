#include "ops/detection.hpp"

#include "backends/coreml/ops/box_decoding.hpp"
#include "ops/shaping.hpp"

#include <algorithm>
#include <array>

namespace lp::coreml {
namespace {

/// Where the cells of all levels lie, and what one is worth: centres [1, 4, anchors] as (x, y, 0, 0) and
/// strides [1, 1, anchors], both in pixels.
struct Anchors {
  std::vector<float> centres, strides;
};
Anchors anchors_of(const Emission& emission, const std::vector<int>& levels) {
  std::vector<float> x, y, strides;
  for (const int level : levels) {
    const auto stride = static_cast<float>(emission.node(level).op.as<op::DflBoxes>()->stride);
    const std::vector<std::int64_t> own = sizes(emission.node(emission.node(level).inputs[0]).shape);
    for (std::int64_t row = 0; row < own[2]; ++row)
      for (std::int64_t column = 0; column < own[3]; ++column) {
        x.push_back((static_cast<float>(column) + 0.5F) * stride);
        y.push_back((static_cast<float>(row) + 0.5F) * stride);
        strides.push_back(stride);
      }
  }
  std::vector<float> centres = x;
  centres.insert(centres.end(), y.begin(), y.end());
  centres.resize(4 * x.size(), 0);
  return {std::move(centres), std::move(strides)};
}

/// What makes a box, in cells around its own, of the weights of all bins: the mean distances to the left,
/// top, right and bottom, and of those centre, width and height. [4, 4 bins, 1, 1].
std::vector<float> box_weights(std::int64_t bins) {
  constexpr std::array<std::array<float, 4>, 4> of_distances = {std::array{-0.5F, 0.0F, 0.5F, 0.0F},
                                                                {0.0F, -0.5F, 0.0F, 0.5F},
                                                                {1.0F, 0.0F, 1.0F, 0.0F},
                                                                {0.0F, 1.0F, 0.0F, 1.0F}};
  std::vector<float> weights;
  for (const auto& row : of_distances)
    for (const float side : row)
      for (std::int64_t bin = 0; bin < bins; ++bin) weights.push_back(side * static_cast<float>(bin));
  return weights;
}

std::int64_t bins_of(const Emission& emission, int level) {
  return emission.node(level).op.as<op::DflBoxes>()->bins;
}

void emit_dfl_boxes(Emission& emission, int id) {
  const std::vector<int>& readers = emission.readers(id);
  if (readers.size() == 1 && joins_boxes(emission, readers.front())) return;  // its concat does it
  emission.set(id, decode_boxes(emission, {id}, emission.node(id).name));
}

}  // namespace

bool joins_boxes(const Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto* const concat = node.op.as<op::Concat>();
  if (concat == nullptr || concat->axis != node.shape.back().name) return false;
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](int level) {
    return emission.node(level).op.as<op::DflBoxes>() != nullptr && emission.uses(level) == 1 &&
           bins_of(emission, level) == bins_of(emission, node.inputs.front());
  });
}

Var decode_boxes(Emission& emission, const std::vector<int>& levels, const std::string& name) {
  mil::Function& function = emission.function();
  const std::int64_t bins = bins_of(emission, levels.front());
  std::vector<Var> maps;
  for (const int level : levels) {
    const int from = emission.node(level).inputs[0];
    const Var map = emission.plain(from, emission.element(from));
    maps.push_back(mil::reshape(function, name, map, {map.size(0), 4 * bins, 1, map.size(2) * map.size(3)}));
  }
  const Var all = maps.size() == 1 ? maps.front() : mil::concat(function, name, maps, 3);
  const std::int64_t n = all.size(0), anchors = all.size(3);
  const Var by_side = mil::reshape(function, name, all, {n, 4, bins, anchors});
  const Var weights = mil::softmax(function, name, by_side, 2);
  const Element element = all.type.element;
  const Var box_kernel = emission.constant(name + ".boxes", box_weights(bins), {4, 4 * bins, 1, 1}, element);
  const Var cells =
      mil::conv(function, name, mil::reshape(function, name, weights, all.type.sizes), box_kernel, {}, {});
  // Pixels are f32: half precision has steps of half a pixel from 512 on.
  const Var exact =
      mil::cast(function, name, mil::reshape(function, name, cells, {n, 4, anchors}), Element::f32);
  const auto [centres, strides] = anchors_of(emission, levels);
  const Var pixels =
      mil::elementwise(function, "mul", name, exact,
                       emission.constant(name + ".strides", strides, {1, 1, anchors}, Element::f32));
  return mil::elementwise(function, "add", name, pixels,
                          emission.constant(name + ".centres", centres, {1, 4, anchors}, Element::f32));
}

void add_detection_rules(Rules& rules) {
  rules.on<op::DflBoxes>(emit_dfl_boxes);
}

}  // namespace lp::coreml
