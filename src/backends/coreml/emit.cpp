#include "backends/coreml/emit.hpp"

#include "backends/coreml/elements.hpp"
#include "backends/coreml/emission.hpp"
#include "backends/coreml/mil/names.hpp"
#include "base/error.hpp"
#include "ops/quant.hpp"

#include <algorithm>

namespace lp::coreml {
namespace {

constexpr int first_version = 7;      // iOS 16, macOS 13
constexpr int version_of_levels = 8;  // iOS 17, macOS 14
constexpr int version_of_states = 9;  // iOS 18, macOS 15
constexpr std::size_t most_axes = 5;
/// Sizes are whole numbers of 32 bits.
constexpr std::int64_t most_elements = (std::int64_t{1} << 31U) - 1;

std::vector<float> as_floats(const std::array<double, 3>& numbers) {
  return {static_cast<float>(numbers[0]), static_cast<float>(numbers[1]), static_cast<float>(numbers[2])};
}

bool all_equal(const std::array<double, 3>& numbers) {
  return numbers[0] == numbers[1] && numbers[1] == numbers[2];
}

/// A picture's numbers as the graph takes them.
Var prepared(Emission& emission, const ImageInput& image, const Var& pixels) {
  mil::Function& function = emission.function();
  const Var scale = all_equal(image.scale) ? function.number(static_cast<float>(image.scale[0]), Element::f32)
                                           : emission.constant(image.name + ".scale", as_floats(image.scale),
                                                               {1, 3, 1, 1}, Element::f32);
  Var x = mil::elementwise(function, "mul", image.name, pixels, scale);
  if (image.offset != std::array<double, 3>{})
    x = mil::elementwise(
        function, "add", image.name, x,
        emission.constant(image.name + ".offset", as_floats(image.offset), {1, 3, 1, 1}, Element::f32));
  return x;
}

/// Names of states have dots, and may be words of the language.
std::string public_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return mil::is_identifier(name) ? name : name + "_";
}

/// Whether a state that the graph reads and continues is Core ML's.
bool keeps_states(const EmitOptions& options) {
  return options.keeps_states && options.precision == DType::f16;
}

StateKind kind_of(const Graph& graph, const std::vector<int>& uses, const Graph::StateVersions& state,
                  const EmitOptions& options) {
  const auto uses_of = [&](int id) { return uses[static_cast<std::size_t>(id)]; };
  if (state.first == state.last) return StateKind::read;
  // One that is only written has no reader but what continues it, once.
  if (uses_of(state.first) == 1 && uses_of(state.last) == 0 && graph[state.last].inputs[0] == state.first)
    return StateKind::written;
  return keeps_states(options) ? StateKind::kept : StateKind::passed;
}

/// The states' first versions in the program.
void emit_states(Emission& emission, mil::Package& package, const EmitOptions& options) {
  const std::vector<int> uses = emission.graph().use_counts();
  for (const Graph::StateVersions& state : emission.graph().states()) {
    const Node& node = emission.node(state.first);
    const StateKind kind = kind_of(emission.graph(), uses, state, options);
    if (kind == StateKind::written) {
      emission.set_state(state.first, {kind, {}});
      continue;
    }
    const std::vector<std::int64_t> own = sizes(node.shape);
    const bool kept = kind == StateKind::kept;
    const Type type{emission.element(state.first), {own[0], own[2], 1, own[1]}, kept};
    const std::string name = public_name(node.name);
    const Var var = emission.function().input(name, type);
    (kept ? package.states : package.inputs).push_back({.name = name, .type = type});
    emission.set_state(state.first, {kind, var});
    emission.set(state.first, kept ? emission.function().read_state(node.name, var) : var, Form::channels);
  }
}

/// The versions that a run leaves.
void emit_last_states(Emission& emission, mil::Package& package) {
  for (const Graph::StateVersions& version : emission.graph().states()) {
    const Emission::State& state = emission.state(version.first);
    if (state.kind == StateKind::read) continue;
    const std::string& name = emission.node(version.first).name;
    const Var var = emission.channels(version.last, emission.element(version.first));
    if (state.kind == StateKind::kept) {
      emission.function().write_state(name, state.var, var);
      continue;
    }
    const std::string output = public_name(name) + (state.kind == StateKind::passed ? "_next" : "");
    emission.function().output(output, var);
    package.outputs.push_back({.name = output, .type = var.type});
  }
}

/// Whether the program does without: where a state begins that is written whole.
bool is_left_out(const Emission& emission, int id) {
  const std::vector<int>& readers = emission.readers(id);
  return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](int reader) {
    const Node& node = emission.node(reader);
    return node.op.updates() == 0 && node.inputs.back() == id &&
           emission.node(node.inputs[0]).op.as<StateValue>() != nullptr &&
           emission.state(node.inputs[0]).kind == StateKind::written;
  });
}

void emit_inputs(Emission& emission, mil::Package& package, const EmitOptions& options) {
  const Graph& graph = emission.graph();
  for (const int id : graph.inputs()) {
    if (is_left_out(emission, id)) continue;
    const Node& node = graph[id];
    if (const auto known = options.known.find(node.name); known != options.known.end()) {
      emission.set(id, emission.constant(node.name, known->second, sizes(node.shape), emission.element(id)));
      continue;
    }
    const bool whole = node.op.as<Indices>() != nullptr;
    const Type type{whole ? Element::i32 : Element::f32, sizes(node.shape)};
    const bool is_picture = options.image && !whole && type.sizes.size() == 4 && type.sizes[1] == 3;
    if (is_picture && type.sizes[0] != 1)
      fail(Fault::unsupported, "Core ML passes one picture at a time, not {}", type.sizes[0]);
    const std::string& name = is_picture ? options.image->name : node.name;
    const Var var = emission.function().input(name, type);
    package.inputs.push_back(
        {.name = name,
         .type = type,
         .kind = is_picture ? mil::Feature::Kind::rgb_image : mil::Feature::Kind::array});
    emission.set(id, is_picture ? prepared(emission, *options.image, var) : var);
  }
}

/// @throws Error{unsupported} for a graph that no detector can be made of.
void check_detector(const Graph& graph, const EmitOptions& options) {
  if (!options.detector) return;
  const auto classes = static_cast<std::int64_t>(options.detector->labels.size());
  const Node& node = graph[graph.outputs.front().id];
  const Sizes own = sizes(node.shape);
  const bool has_boxes = graph.outputs.size() == 1 && own.size() == 3 && own[0] == 1 && own[1] == 4 + classes;
  if (!has_boxes || !options.image || graph.inputs().size() != 1)
    refuse(node,
           "Vision's detector is made of a picture's boxes and scores in one output, one score a label");
}

/// A detector's output apart: what its suppression reads.
void emit_detections(Emission& emission, mil::Package& package, const mil::Detector& detector) {
  const Graph::Output& output = emission.graph().outputs.front();
  const auto classes = static_cast<std::int64_t>(detector.labels.size());
  const Sizes own = sizes(emission.node(output.id).shape);
  const Sizes& picture = package.inputs.front().type.sizes;
  const float x = 1.0F / static_cast<float>(picture[3]), y = 1.0F / static_cast<float>(picture[2]);
  mil::Function& function = emission.function();
  const std::vector<Var> parts = mil::split(function, output.name, emission.plain(output.id, Element::f32), 1,
                                            {own[1] - classes, classes});
  const Var boxes = mil::elementwise(function, "mul", output.name, parts[0],
                                     emission.constant("picture", {x, y, x, y}, {1, 4, 1}, Element::f32));
  const auto add = [&](const char* name, const Var& part) {
    const Var turned = mil::transpose(function, name, part, {0, 2, 1});
    const Var rows = mil::reshape(function, name, turned, {own[2], part.size(1)});
    function.output(name, rows);
    package.outputs.push_back({.name = name, .type = rows.type});
  };
  add("raw_confidence", parts[1]);
  add("raw_coordinates", boxes);
}

void emit_outputs(Emission& emission, mil::Package& package) {
  if (package.detector) return emit_detections(emission, package, *package.detector);
  for (const Graph::Output& output : emission.graph().outputs) {
    const Var var = emission.plain(output.id, Element::f32);
    emission.function().output(output.name, var);
    package.outputs.push_back({.name = output.name, .type = var.type});
  }
}

/// The newest version of the specification that the graph asks for.
int version_for(const Graph& graph, const EmitOptions& options) {
  const std::vector<Graph::StateVersions> states = graph.states();
  const std::vector<int> uses = graph.use_counts();
  const bool keeps = std::any_of(states.begin(), states.end(), [&](const Graph::StateVersions& state) {
    return kind_of(graph, uses, state, options) == StateKind::kept;
  });
  if (keeps) return version_of_states;
  for (int id = 0; id < graph.size(); ++id)
    if (graph[id].op.as<op::Quantize>() != nullptr) return version_of_levels;
  return first_version;
}

/// By id: whether an output or a state that the run leaves depends on a value.
std::vector<bool> find_needed(const Graph& graph) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.size()), false);
  for (const Graph::Output& output : graph.outputs) needed[static_cast<std::size_t>(output.id)] = true;
  for (const Graph::StateVersions& state : graph.states())
    needed[static_cast<std::size_t>(state.last)] = true;
  for (int id = graph.size() - 1; id >= 0; --id)
    if (needed[static_cast<std::size_t>(id)])
      for (const int from : graph[id].inputs)
        if (from >= 0) needed[static_cast<std::size_t>(from)] = true;
  return needed;
}

void check_sizes(const Node& node) {
  if (node.shape.size() > most_axes)
    refuse(node,
           fmt::format("it has {} axes, and no value may have more than {}", node.shape.size(), most_axes));
  std::int64_t count = 1;
  for (const Axis& axis : node.shape) {
    if (!axis.size.fixed()) refuse(node, fmt::format("its size {} is not a number", axis.size.text()));
    if (axis.size.size() < 1) refuse(node, "one of its sizes is 0");
    if (axis.size.size() > most_elements / count)
      refuse(node, fmt::format("{} has 2^31 elements or more", text(node.shape)));
    count *= axis.size.size();
  }
}

}  // namespace

Support supports(const Graph& graph, int id) {
  const Node& node = graph[id];
  if (node.given()) return {};
  if (rules().find(node.op) == nullptr)
    return {false, fmt::format("Core ML has no rule for {}", node.op.name())};
  const std::vector<std::string> names = input_names(node.op.signature());
  for (std::size_t i = 0; i < node.inputs.size() && i < names.size(); ++i)
    if ((names[i] == "weight" || names[i] == "bias") && node.inputs[i] >= 0 &&
        !is_known(graph[node.inputs[i]]))
      return {false, fmt::format("its {} is computed, where Core ML wants a constant", names[i])};
  return {};
}

Emitted emit(const Graph& graph, const Checkpoint& checkpoint, const std::filesystem::path& path,
             const EmitOptions& options) {
  for (int id = 0; id < graph.size(); ++id) {
    if (const Support support = supports(graph, id); !support) refuse(graph[id], support.why);
    check_sizes(graph[id]);
  }
  check_detector(graph, options);
  mil::Package package(path, version_for(graph, options));
  package.metadata = options.metadata;
  package.detector = options.detector;
  mil::Function function(package.weights(), package.version());
  Emission emission(graph, checkpoint, function, choose_elements(graph, options.precision), options.weights);
  emit_states(emission, package, options);
  emit_inputs(emission, package, options);
  const std::vector<bool> needed = find_needed(graph);
  for (int id = 0; id < graph.size(); ++id)
    if (!graph[id].given() && needed[static_cast<std::size_t>(id)])
      (*rules().find(graph[id].op))(emission, id);
  emit_outputs(emission, package);
  emit_last_states(emission, package);
  function.tidy();
  package.commit(function);
  return {package.version(), function.counts()};
}

}  // namespace lp::coreml
