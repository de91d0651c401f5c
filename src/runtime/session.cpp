#include "runtime/session.hpp"

#include "ir/verify.hpp"
#include "runtime/fold.hpp"

#include <algorithm>
#include <chrono>

namespace lp {

BuildOptions default_sizes(const ModelInfo& info, int side) {
  constexpr int usual_text = 128;
  const int pixels = side > 0 ? side : info.image_size;
  return {.batch = 1,
          .image_width = pixels,
          .image_height = pixels,
          .tokens = std::min(info.max_tokens, usual_text)};
}

namespace {

Graph ready(const Graph& graph, const Model& model) {
  verify(graph);
  return fold_constants(graph, model.checkpoint);
}

}  // namespace

Program build_program(const Model& model, const BuildOptions& sizes) {
  const Program built = model.family->build(&model.checkpoint, model.info, sizes);
  Program program;
  for (const Graph& graph : built.graphs) program.graphs.push_back(ready(graph, model));
  return program;
}

Graph build_graph(const Model& model, const BuildOptions& sizes, std::string_view name) {
  const Program program = model.family->build(&model.checkpoint, model.info, sizes);
  const Graph& graph = name.empty() ? program.graphs.front() : program.graph(name);
  return ready(graph, model);
}

Session::Session(LoadedModel loaded, SessionOptions options)
    : loaded_(std::move(loaded)), options_(std::move(options)) {
  const auto start = std::chrono::steady_clock::now();
  const Model& model = *loaded_.model;
  graph_ = build_graph(model, options_.sizes, options_.graph);
  const Placement& placement = loaded_.placement;
  const std::string_view rules = placement.precision == DType::f32 ? "" : model.family->precision_rules;
  const CompileOptions compile{.policy = PrecisionPolicy(rules, placement.precision),
                               .threads = loaded_.lane->threads(),
                               .keep = options_.keep};
  loaded_.lane->run([&] {
    executable_ = placement.backend->compile(graph(), loaded_.weights, compile);
    instance_ = executable_->instance();
  });
  build_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void Session::run(const Run& run) {
  loaded_.lane->run([&] { instance_->run(run); });
}

std::vector<StepProfile> Session::profile(const Run& run) {
  std::vector<StepProfile> steps;
  loaded_.lane->run([&] { steps = instance_->profile(run); });
  return steps;
}

}  // namespace lp
