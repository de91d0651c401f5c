#include "runtime/session.hpp"

#include "base/error.hpp"
#include "hardware/memory.hpp"
#include "ir/verify.hpp"
#include "quantize/levels.hpp"
#include "runtime/fold.hpp"

#include <algorithm>
#include <array>
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

namespace {

Ranges ranges_of(const Model& model) {
  Ranges ranges;
  try {
    for (const auto& [value, range] : model.info.quantization.at("ranges").items())
      ranges.emplace(value, Range{range.at(0).get<float>(), range.at(1).get<float>()});
  } catch (const nlohmann::json::exception&) {
    fail(Fault::bad_model, "{}: its calibrated ranges are missing or broken; convert it anew", model.name);
  }
  return ranges;
}

/// Quantized weights whose layers read floating numbers.
std::vector<std::string> weights_without_levels(const Model& model) {
  const auto found = model.info.quantization.find("weights_only");
  if (found == model.info.quantization.end()) return {};
  try {
    return found->get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    fail(Fault::bad_model, "{}: its list of weights without levels is broken; convert it anew", model.name);
  }
}

/// Memory that is promised but not there ends a program without a word: a large batch asks before.
void check_memory(const std::string& model, const Graph& graph, const PlanMemory& plan, int batch) {
  std::uint64_t needed = plan.arena + plan.scratch;
  for (const Graph::Output& output : graph.outputs)
    needed += static_cast<std::uint64_t>(elements(graph[output.id].shape)) * sizeof(float);
  const std::uint64_t available = detect_memory().available;
  if (needed > available)
    fail(Fault::out_of_memory,
         "{}: a batch of {} needs {:.1f} GB of memory, but {:.1f} are free; take a smaller --batch", model,
         batch, static_cast<double>(needed) * 1e-9, static_cast<double>(available) * 1e-9);
}

}  // namespace

Graph placed_graph(const Model& model, Graph graph, const Placement& placement) {
  if (placement.precision != DType::i8) return graph;
  std::set<std::string, std::less<>> weights = quantized_weights(model.checkpoint);
  for (const std::string& path : weights_without_levels(model)) weights.erase(path);
  return with_levels(graph, weights, ranges_of(model), smoothing_of(model.checkpoint));
}

PrecisionPolicy policy_of(const Model& model, const Placement& placement) {
  const bool has_bytes = placement.precision == DType::i8;
  DType type = placement.precision;
  if (has_bytes) type = placement.backend->computes(DType::bf16) ? DType::bf16 : DType::f32;
  // Whoever asks for bytes wants little memory: what a decoder keeps is then as good in 8 bits of mantissa.
  const DType states = has_bytes ? DType::bf16 : type;
  return PrecisionPolicy(type == DType::f32 ? "" : model.family->precision_rules, type, states);
}

Session::Session(LoadedModel loaded, SessionOptions options)
    : loaded_(std::move(loaded)), options_(std::move(options)) {
  const auto start = std::chrono::steady_clock::now();
  const Model& model = *loaded_.model;
  const Placement& placement = loaded_.placement;
  graph_ = placed_graph(model, build_graph(model, options_.sizes, options_.graph), placement);
  const CompileOptions compile{
      .policy = policy_of(model, placement), .threads = loaded_.lane->threads(), .keep = options_.keep};
  loaded_.lane->run([&] {
    executable_ = placement.backend->compile(graph(), loaded_.weights, compile);
    if (options_.sizes.batch > 1)
      check_memory(model.name, graph(), executable_->memory(), options_.sizes.batch);
    instance_ = executable_->instance();
  });
  build_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::unique_ptr<States> Session::new_states() const {
  if (graph_.states().empty()) return nullptr;
  const std::array graphs = {&graph_};
  return loaded_.placement.backend->states(graphs, policy_of(*loaded_.model, loaded_.placement));
}

Instance& Session::instance() {
  if (!instance_) instance_ = executable_->instance();
  return *instance_;
}

void Session::run(const Run& run) {
  loaded_.lane->run([&] { instance().run(run); });
}

std::vector<float> Session::value(std::string_view name) const {
  LP_ASSERT(instance_ != nullptr);
  return instance_->value(name);
}

void Session::rest() {
  if (!instance_) return;
  loaded_.lane->run([&] { instance_.reset(); });
}

std::vector<StepProfile> Session::profile(const Run& run) {
  std::vector<StepProfile> steps;
  loaded_.lane->run([&] { steps = instance().profile(run); });
  return steps;
}

}  // namespace lp
