// lp-values: runs a model with every value kept and writes them all, for comparison with the original
// framework.
//   lp-values MODEL --runtime R --precision P --graph G --input NAME=X.npy... --output OUT.safetensors
//   [--permute WEIGHT] [--skip BLOCK] [--keep NAME... | --output-only] [--first GRAPH] [--frames N]
// The sizes that the graph is built for are those of the inputs; --frames says how many frames.
// --keep keeps these values only, --output-only nothing but the outputs: all else is fused as users have it.
// --first runs another of the model's graphs before, whose inputs are given as GRAPH/NAME, and leaves it the
// states.
// --permute turns one weight's first axis around and --skip replaces one block's result by its first input:
// what a test of the model must notice.
#include "base/error.hpp"
#include "formats/npy.hpp"
#include "formats/safetensors.hpp"
#include "formats/tensor_data.hpp"
#include "runtime/session.hpp"
#include "support/mutate.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <list>
#include <map>

namespace lp {
namespace {

struct Arguments {
  std::string model, runtime = "reference", precision = "f32", graph, output, permute, skip, first;
  std::vector<std::string> inputs, keep = {"*"};
  int threads = 1, frames = 0;
  bool output_only = false;
};

StoredTensor stored(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return {DType::f32, std::move(shape), std::as_bytes(std::span(values))};
}

/// The inputs by name.
std::map<std::string, Array> read_inputs(const std::vector<std::string>& arguments) {
  std::map<std::string, Array> arrays;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) fail(Fault::usage, "--input is NAME=FILE, not `{}`", argument);
    arrays.emplace(argument.substr(0, equals), read_npy(argument.substr(equals + 1)));
  }
  return arrays;
}

/// The sizes that these inputs have: pictures are [n, c, h, w], texts [b, s].
BuildOptions sizes_of(const std::map<std::string, Array>& inputs, const ModelInfo& info, int frames) {
  BuildOptions sizes = default_sizes(info);
  sizes.frames = frames;
  for (const auto& [name, array] : inputs) {
    const std::vector<std::int64_t>& shape = array.shape;
    if (shape.size() == 4) {
      sizes.image_height = static_cast<int>(shape[2]);
      sizes.image_width = static_cast<int>(shape[3]);
    }
    if (shape.size() == 2) sizes.tokens = static_cast<int>(shape[1]);
    if (!shape.empty()) sizes.batch = static_cast<int>(shape[0]);
  }
  return sizes;
}

/// The inputs of one graph of several: those whose names begin with `graph` and a slash.
std::map<std::string, Array> given_to(const std::map<std::string, Array>& all, const std::string& graph) {
  std::map<std::string, Array> own;
  for (const auto& [name, array] : all)
    if (name.starts_with(graph + "/")) own.emplace(name.substr(graph.size() + 1), array);
  return own;
}

/// What an instance takes and makes, and where it lies.
struct Buffers {
  std::list<std::vector<float>> real;
  std::list<std::vector<std::int32_t>> whole;
  std::vector<TensorView> inputs, outputs;

  Buffers(const Graph& graph, const std::map<std::string, Array>& given) {
    for (const int id : graph.inputs()) {
      const Node& node = graph[id];
      const auto found = given.find(node.name);
      if (found == given.end()) fail(Fault::usage, "the graph's input `{}` was not given", node.name);
      const Array& array = found->second;
      const std::vector<float>& values = real.emplace_back(to_f32({array.dtype, array.shape, array.data}));
      if (node.op.as<Indices>() != nullptr)
        inputs.push_back(
            {DType::i32, array.shape, {}, whole.emplace_back(values.begin(), values.end()).data()});
      else
        inputs.push_back({DType::f32, array.shape, {}, real.back().data()});
    }
    for (const Graph::Output& output : graph.outputs) {
      const Shape& shape = graph[output.id].shape;
      outputs.push_back({DType::f32,
                         sizes(shape),
                         {},
                         real.emplace_back(static_cast<std::size_t>(elements(shape))).data()});
    }
  }
};

bool is_asked(const std::vector<std::string>& keep, const std::string& name) {
  return keep.front() == "*" || std::ranges::find(keep, name) != keep.end();
}

void run(const Arguments& arguments) {
  auto model = std::make_shared<Model>(*open_model(arguments.model, arguments.model));
  if (!arguments.permute.empty()) permute_weight(model->checkpoint, arguments.permute);
  const auto lane = std::make_shared<Lane>(arguments.threads);
  const Placement placement = choose_placement(*model, arguments.runtime, arguments.precision);
  const std::map<std::string, Array> given = read_inputs(arguments.inputs);
  Graph graph = placed_graph(
      *model, build_graph(*model, sizes_of(given, model->info, arguments.frames), arguments.graph),
      placement);
  if (!arguments.skip.empty()) graph = skip_block(graph, arguments.skip);
  const Buffers buffers(graph, given);
  const PrecisionPolicy policy = policy_of(*model, placement);
  std::vector<Graph> earlier;
  std::list<Buffers> earlier_buffers;
  if (!arguments.first.empty()) {
    earlier.push_back(placed_graph(
        *model, build_graph(*model, sizes_of(given, model->info, arguments.frames), arguments.first),
        placement));
    earlier_buffers.emplace_back(earlier.front(), given_to(given, arguments.first));
  }

  const CompileOptions compile{.policy = policy,
                               .threads = arguments.threads,
                               .keep = arguments.output_only ? std::vector<std::string>{} : arguments.keep};
  std::list<std::vector<float>> data;
  std::map<std::string, StoredTensor, std::less<>> values;
  lane->run([&] {
    const auto weights = placement.backend->weights(model->checkpoint);
    std::vector<const Graph*> graphs = {&graph};
    if (!earlier.empty()) graphs.push_back(&earlier.front());
    const auto states = placement.backend->states(graphs, policy);
    if (!earlier.empty()) {
      const CompileOptions plain{.policy = policy, .threads = arguments.threads, .keep = {}};
      placement.backend->compile(earlier.front(), weights, plain)
          ->instance()
          ->run({earlier_buffers.front().inputs, earlier_buffers.front().outputs, states.get()});
    }
    const auto executable = placement.backend->compile(graph, weights, compile);
    const auto instance = executable->instance();
    instance->run({buffers.inputs, buffers.outputs, states.get()});
    for (int id = 0; id < graph.size() && !arguments.output_only; ++id)
      if (!graph[id].given() && is_asked(arguments.keep, graph[id].name))
        values.emplace(graph[id].name,
                       stored(data.emplace_back(instance->value(graph[id].name)), sizes(graph[id].shape)));
  });
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const TensorView& view = buffers.outputs[i];
    const auto* const begin = static_cast<const float*>(view.data);
    values.insert_or_assign(graph.outputs[i].name,
                            stored(data.emplace_back(begin, begin + view.elements()), view.shape));
  }
  write_safetensors(arguments.output, values, {});
  std::printf("%zu values\n", values.size());
}

}  // namespace
}  // namespace lp

int main(int argc, char** argv) {
  CLI::App app("Writes every value of one run of a model");
  lp::Arguments arguments;
  app.add_option("model", arguments.model)->required();
  app.add_option("--runtime", arguments.runtime);
  app.add_option("--precision", arguments.precision);
  app.add_option("--graph", arguments.graph);
  app.add_option("--threads", arguments.threads);
  app.add_option("--frames", arguments.frames);
  app.add_option("--input", arguments.inputs)->required()->allow_extra_args(false);
  app.add_flag("--output-only", arguments.output_only);
  app.add_option("--keep", arguments.keep);
  app.add_option("--output", arguments.output)->required();
  app.add_option("--first", arguments.first);
  app.add_option("--permute", arguments.permute);
  app.add_option("--skip", arguments.skip);
  CLI11_PARSE(app, argc, argv);
  try {
    lp::run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-values: %s\n", error.what());
    return 1;
  }
}
