#include "backends/coreml/elements.hpp"

#include "ops/detection.hpp"
#include "ops/norm.hpp"
#include "ops/shaping.hpp"
#include "ops/spline.hpp"

#include <algorithm>

namespace lp::coreml {
namespace {

using mil::Element;

bool only_moves(const Op& op) {
  return op.as<op::Slice>() != nullptr || op.as<op::Concat>() != nullptr || op.as<op::Flatten>() != nullptr ||
         op.as<op::Unflatten>() != nullptr || op.as<op::Transpose>() != nullptr ||
         op.as<op::Repeat>() != nullptr || op.as<op::Flip>() != nullptr;
}

}  // namespace

std::vector<Element> choose_elements(const Graph& graph, DType precision) {
  const Element usual = precision == DType::f32 ? Element::f32 : Element::f16;
  std::vector<Element> elements(static_cast<std::size_t>(graph.size()), usual);
  const auto at = [&](int id) -> Element& { return elements[static_cast<std::size_t>(id)]; };
  for (int id = 0; id < graph.size(); ++id) {
    const Op& op = graph[id].op;
    const bool moves_exact =
        only_moves(op) && std::any_of(graph[id].inputs.begin(), graph[id].inputs.end(), [&](int from) {
          return at(from) == Element::f32 && !graph[from].given();
        });
    if (op.as<op::DflBoxes>() != nullptr || op.as<op::L2Normalize>() != nullptr ||
        op.as<op::LogRange>() != nullptr || op.as<op::RationalSpline>() != nullptr || moves_exact)
      at(id) = Element::f32;
  }
  // Backwards from logarithms; nothing else reads what they are made of.
  std::vector<bool> exact(elements.size(), false);
  for (int id = graph.size() - 1; id >= 0; --id) {
    if (graph[id].op.as<op::LogRange>() != nullptr) exact[static_cast<std::size_t>(id)] = true;
    if (!exact[static_cast<std::size_t>(id)]) continue;
    at(id) = Element::f32;
    for (const int from : graph[id].inputs)
      if (from >= 0 && !graph[from].given()) exact[static_cast<std::size_t>(from)] = true;
  }
  return elements;
}

}  // namespace lp::coreml
