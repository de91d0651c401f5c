// lp-coreml-ops: the op tests as Core ML packages, for a program that runs those.
//   lp-coreml-ops FILE.test... --precision f32|f16 --output FOLDER
// Each case and sweep that Core ML can have becomes FOLDER/NUMBER.mlpackage and NUMBER.safetensors: its
// inputs as "in:NAME" and the value that it must have as "result", by hand or from the reference.
// FOLDER/list.json: [{"number", "name", "op"}], and those that it cannot have with "why".
#include "backends/coreml/emit.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "formats/safetensors.hpp"
#include "runner/op_run.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <list>
#include <map>

namespace lp {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string output, precision = "f32";
};

StoredTensor stored(const std::vector<float>& values, const Shape& shape) {
  return {DType::f32, sizes(shape), std::as_bytes(std::span(values))};
}

/// Why Core ML cannot have the op; empty where it can.
std::string why_not(const Graph& graph) {
  for (int id = 0; id < graph.size(); ++id)
    if (const Support support = coreml::supports(graph, id); !support) return support.why;
  return "";
}

void write_test(const OpTest& test, const Graph& graph, const std::string& stem, DType precision) {
  std::map<std::string, StoredTensor, std::less<>> tensors;
  std::list<std::vector<float>> data;
  Checkpoint checkpoint;
  checkpoint.file = test.name;
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph[id];
    if (!node.given()) continue;
    const StoredTensor tensor = stored(data.emplace_back(input_values(test, node.name)), node.shape);
    if (node.op.as<Weight>() != nullptr) {
      checkpoint.tensors.emplace(node.name, tensor);
    } else {
      tensors.emplace("in:" + node.name, tensor);
    }
  }
  const std::vector<float> expected = test.kind == OpTest::Kind::values
                                          ? test.expected.values
                                          : run_op(test, find_backend("reference"), DType::f32);
  tensors.emplace("result", stored(expected, graph[graph.outputs[0].id].shape));
  coreml::emit(graph, checkpoint, stem + ".mlpackage", {.precision = precision});
  write_safetensors(stem + ".safetensors", tensors);
}

void run(const Arguments& arguments) {
  const std::optional<DType> precision = parse_dtype(arguments.precision);
  if (!precision) fail(Fault::usage, "no precision {}", arguments.precision);
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& file : arguments.files)
    for (const OpTest& test : read_op_tests(file)) {
      if (test.kind == OpTest::Kind::error) continue;
      Graph graph = op_graph(test);
      graph.outputs[0].name = "result";  // inputs are called y, too
      nlohmann::json entry = {{"number", list.size()}, {"name", test.name}, {"op", test.op}};
      if (const std::string why = why_not(graph); !why.empty()) {
        entry["why"] = why;
      } else {
        write_test(test, graph, arguments.output + "/" + std::to_string(list.size()), *precision);
      }
      list.push_back(entry);
    }
  FileWriter writer(arguments.output + "/list.json");
  writer.write(list.dump(1));
  writer.commit();
}

}  // namespace
}  // namespace lp

int main(int argc, char** argv) {
  CLI::App app("Writes the op tests as Core ML packages");
  lp::Arguments arguments;
  app.add_option("files", arguments.files)->required();
  app.add_option("--output", arguments.output)->required();
  app.add_option("--precision", arguments.precision);
  CLI11_PARSE(app, argc, argv);
  try {
    lp::run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-coreml-ops: %s\n", error.what());
    return 1;
  }
}
