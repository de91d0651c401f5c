#include "cli/profile.hpp"

#include "cli/output.hpp"
#include "ops/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lp::cli {
namespace {

double per_second(const StepProfile& step) {
  return step.ms > 0 ? step.gflop / step.ms * 1e3 : 0;
}

/// One past the highest whole number that everybody who reads an input takes.
std::int64_t end_of(const Graph& graph, int input) {
  std::int64_t end = std::numeric_limits<std::int32_t>::max();
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    if (node.inputs.size() < 2 || node.inputs[1] != input) continue;
    const Shape& of = graph[node.inputs[0]].shape;
    if (node.op.as<op::Gather>() != nullptr) end = std::min(end, of[0].size.size());
    if (node.op.as<op::TakeRow>() != nullptr) end = std::min(end, of[1].size.size());
    if (const auto* const mask = node.op.as<op::MaskRows>(); mask != nullptr)
      end = std::min(end, of[1].size.size() / mask->times + 1);
  }
  return end;
}

}  // namespace

Buffers::Buffers(const Graph& graph, std::uint32_t seed) {
  const auto add = [&](const Shape& shape, std::vector<TensorView>& views) {
    auto& data = storage.emplace_back(static_cast<std::size_t>(elements(shape)));
    // Constants: Numerical Recipes, 3rd edition, section 7.1.4 (the 32-bit linear congruential generator).
    for (float& value : data) {
      seed = seed * 1664525U + 1013904223U;
      value = static_cast<float>(seed >> 8) * 0x1p-24F;
    }
    views.push_back({.dtype = DType::f32, .shape = sizes(shape), .strides = {}, .data = data.data()});
  };
  // Whole numbers: tokens that every vocabulary has, and for each text its last position, for each sequence
  // of frames its length.
  const auto add_indices = [&](int id, std::int64_t last) {
    const Shape& shape = graph[id].shape;
    const std::int64_t end = end_of(graph, id), tokens = std::min<std::int64_t>(end, 100);
    auto& data = indices.emplace_back(static_cast<std::size_t>(elements(shape)));
    for (std::int32_t& value : data) {
      seed = seed * 1664525U + 1013904223U;
      value = static_cast<std::int32_t>(shape.size() == 1 ? std::min(last, end - 1)
                                                          : static_cast<std::int64_t>(seed >> 8) % tokens);
    }
    inputs.push_back({.dtype = DType::i32, .shape = sizes(shape), .strides = {}, .data = data.data()});
  };
  std::int64_t last = 0;
  for (const int id : graph.inputs())
    if (const Shape& shape = graph[id].shape; shape.size() == 2) last = shape[1].size.size() - 1;
  const auto frames = [&]() -> std::int64_t {
    for (const int id : graph.inputs())
      if (const Shape& shape = graph[id].shape; shape.size() == 3) return shape[1].size.size();
    return 0;
  };
  storage.reserve(graph.inputs().size() + graph.outputs.size());
  indices.reserve(graph.inputs().size());
  for (const int id : graph.inputs())
    if (graph[id].op.as<Indices>() == nullptr)
      add(graph[id].shape, inputs);
    else
      add_indices(id, last == 0 && graph[id].name == "length" ? frames() : last);
  for (const Graph::Output& output : graph.outputs) add(graph[output.id].shape, outputs);
}

double gflop_of(const Graph& graph) {
  double total = 0;
  for (int id = 0; id < graph.size(); ++id) total += graph.flops(id);
  return total * 1e-9;
}

std::vector<StepProfile> profile(Session& session) {
  const Buffers buffers(session.graph(), 1);
  const auto states = session.new_states();
  session.run({buffers.inputs, buffers.outputs, states.get()});
  return session.profile({buffers.inputs, buffers.outputs, states.get()});
}

nlohmann::json profile_json(const std::vector<StepProfile>& steps) {
  nlohmann::json rows = nlohmann::json::array();
  for (const StepProfile& step : steps)
    rows.push_back({{"name", step.name},
                    {"kernel", step.kernel},
                    {"ms", rounded(step.ms, 4)},
                    {"gflop", rounded(step.gflop, 6)},
                    {"gflops", rounded(per_second(step), 1)}});
  return rows;
}

std::string profile_table(const std::vector<StepProfile>& steps) {
  std::vector<std::vector<std::string>> rows = {{"STEP", "MS", "GFLOP/S", "KERNEL"}};
  StepProfile sum{.name = "sum", .kernel = ""};
  for (const StepProfile& step : steps) {
    rows.push_back({step.name, fmt::format("{:.3f}", step.ms),
                    step.gflop > 0 ? fmt::format("{:.0f}", per_second(step)) : "", step.kernel});
    sum.ms += step.ms;
    sum.gflop += step.gflop;
  }
  rows.push_back({sum.name, fmt::format("{:.3f}", sum.ms), fmt::format("{:.0f}", per_second(sum)), ""});
  return table(rows, {1, 2});
}

void add_profile(const Invocation& invocation, Session& session, nlohmann::json& answer) {
  const std::vector<StepProfile> steps = profile(session);
  if (invocation.json()) {
    answer["profile"] = profile_json(steps);
  } else {
    std::fputs(profile_table(steps).c_str(), stderr);
  }
}

}  // namespace lp::cli
