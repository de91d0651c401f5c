// lp-values: runs a model with every value kept and writes them all, for comparison with the original
// framework.
//   lp-values MODEL --runtime R --precision P --size N --input X.npy --output OUT.safetensors [--permute
//   WEIGHT] [--skip BLOCK]
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

namespace lp {
namespace {

struct Arguments {
  std::string model, runtime = "reference", precision = "f32", input, output, permute, skip;
  int size = 0, threads = 1;
};

StoredTensor stored(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return {DType::f32, std::move(shape), std::as_bytes(std::span(values))};
}

void run(const Arguments& arguments) {
  auto model = std::make_shared<Model>(*open_model(arguments.model, arguments.model));
  if (!arguments.permute.empty()) permute_weight(model->checkpoint, arguments.permute);
  const int size = arguments.size > 0 ? arguments.size : model->info.image_size;
  const auto lane = std::make_shared<Lane>(arguments.threads);
  const Placement placement = choose_placement(*model, arguments.runtime, arguments.precision);
  const BuildOptions sizes_wanted{.batch = 1, .image_width = size, .image_height = size};
  Program program = model->family->build(&model->checkpoint, model->info, sizes_wanted);
  if (!arguments.skip.empty()) program.graphs.front() = skip_block(program.graphs.front(), arguments.skip);
  const Graph& graph = program.graphs.front();

  const Array input = read_npy(arguments.input);
  std::vector<float> image = to_f32({input.dtype, input.shape, input.data});
  std::vector<float> output(static_cast<std::size_t>(elements(graph[graph.outputs[0].id].shape)));
  const TensorView in{DType::f32, input.shape, {}, image.data()};
  const TensorView out{DType::f32, sizes(graph[graph.outputs[0].id].shape), {}, output.data()};

  const std::string_view rules = placement.precision == DType::f32 ? "" : model->family->precision_rules;
  const CompileOptions compile{
      .policy = PrecisionPolicy(rules, placement.precision), .threads = arguments.threads, .keep = {"*"}};
  std::list<std::vector<float>> data;
  std::map<std::string, StoredTensor, std::less<>> values;
  lane->run([&] {
    const auto executable =
        placement.backend->compile(graph, placement.backend->weights(model->checkpoint), compile);
    const auto instance = executable->instance();
    instance->run({std::span(&in, 1), std::span(&out, 1)});
    for (int id = 0; id < graph.size(); ++id)
      if (graph[id].op.as<Weight>() == nullptr && graph[id].op.as<Input>() == nullptr)
        values.emplace(graph[id].name,
                       stored(data.emplace_back(instance->value(graph[id].name)), sizes(graph[id].shape)));
  });
  values.insert_or_assign("output", stored(output, out.shape));
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
  app.add_option("--size", arguments.size);
  app.add_option("--threads", arguments.threads);
  app.add_option("--input", arguments.input)->required();
  app.add_option("--output", arguments.output)->required();
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
