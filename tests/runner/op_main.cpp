// lp-op-tests FILES... [--backend B] [--case NAME] [--docs] [--values OUT.safetensors]: runs tests/ops/*.test
// on every runtime that is built in; or writes what the ops take and what the reference makes of it, for
// comparison with the original framework.
#include "base/error.hpp"
#include "formats/safetensors.hpp"
#include "ops/catalog.hpp"
#include "runner/op_docs.hpp"
#include "runner/op_run.hpp"
#include "runner/tolerances.hpp"
#include "runtime/lane.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <list>

namespace lp {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string backend, test, tolerances, values;
  bool docs = false;
};

/// How far `got` is from `want`: relative RMS, and the worst element.
struct Difference {
  double relative_rms = 0;
  std::size_t worst = 0;
};
Difference compare(const std::vector<float>& got, const std::vector<float>& want) {
  double square = 0, size = 0, worst = -1;
  Difference out;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double d = std::fabs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
    square += d * d;
    size += static_cast<double>(want[i]) * static_cast<double>(want[i]);
    if (d > worst) {
      worst = d;
      out.worst = i;
    }
  }
  out.relative_rms = square == 0 ? 0 : std::sqrt(square / std::max(size, 1e-30));
  return out;
}

class Runner {
 public:
  Runner(const Arguments& arguments, const Tolerances& tolerances)
      : arguments_(arguments), tolerances_(tolerances) {}

  void run(const OpTest& test) {
    if (!arguments_.test.empty() && arguments_.test != test.name) return;
    if (test.kind == OpTest::Kind::error) return run_error(test);
    const std::vector<float> want = test.kind == OpTest::Kind::values
                                        ? test.expected.values
                                        : run_op(test, find_backend("reference"), DType::f32);
    for (const Backend* backend : backends()) {
      if (!arguments_.backend.empty() && backend->name() != arguments_.backend) continue;
      if (backend->name() == "reference" && test.kind == OpTest::Kind::sweep) continue;
      for (const DType type : {DType::f32, DType::bf16})
        if (backend->computes(type)) check(test, *backend, type, want);
    }
  }

  int passed = 0, failed = 0;

 private:
  void fail_test(const OpTest& test, const std::string& why) {
    ++failed;
    std::printf("FAILED %s (%s:%d): %s\n  again: lp-op-tests tests/ops/%s --case %s\n", test.name.c_str(),
                test.file.c_str(), test.line, why.c_str(), test.file.c_str(), test.name.c_str());
  }

  void check(const OpTest& test, const Backend& backend, DType type, const std::vector<float>& want) {
    const std::optional<double> allowed = tolerances_.find(backend.name(), type, test.op);
    std::vector<float> got;
    try {
      got = run_op(test, backend, type);
    } catch (const Error& error) {
      if (allowed || error.fault() != Fault::unsupported)
        return fail_test(test, fmt::format("{} {}: {}", backend.name(), name(type), error.what()));
      ++passed;  // the table says so
      return;
    }
    if (!allowed)
      return fail_test(test, fmt::format("{} {}: it runs, but the table of tolerances says none",
                                         backend.name(), name(type)));
    if (got.size() != want.size())
      return fail_test(test, fmt::format("{} {}: {} values, expected {}", backend.name(), name(type),
                                         got.size(), want.size()));
    const Difference difference = compare(got, want);
    if (difference.relative_rms <= *allowed) {
      ++passed;
      return;
    }
    fail_test(test,
              fmt::format("{} {}: relative RMS {:.3g}, allowed {:.3g}; worst element {}: got {}, want {}",
                          backend.name(), name(type), difference.relative_rms, *allowed, difference.worst,
                          got[difference.worst], want[difference.worst]));
  }

  void run_error(const OpTest& test) {
    try {
      op_graph(test);
      fail_test(test, "no error");
    } catch (const Error& error) {
      if (error.what() == test.says)
        ++passed;
      else
        fail_test(test, fmt::format("it says\n    {}\n  expected\n    {}", error.what(), test.says));
    }
  }

  const Arguments& arguments_;
  const Tolerances& tolerances_;
};

/// `CASE.INPUT` and `CASE.->` of every case, and which op with which attributes in the metadata.
void write_values(const std::vector<OpTest>& tests, const std::string& path) {
  std::list<std::vector<float>> data;
  std::map<std::string, StoredTensor, std::less<>> tensors;
  nlohmann::json metadata = nlohmann::json::object();
  const auto add = [&](const std::string& name, const Shape& shape, std::vector<float> values) {
    const std::vector<float>& kept = data.emplace_back(std::move(values));
    tensors.emplace(name, StoredTensor{DType::f32, sizes(shape), std::as_bytes(std::span(kept))});
  };
  for (const OpTest& test : tests) {
    if (test.kind == OpTest::Kind::error) continue;
    const Graph graph = op_graph(test);
    std::string call = test.op;
    const Op op = find_op(test.op).make(test.attributes);
    for (const Attribute& attribute : op.attributes())
      call += fmt::format(" {}={}", attribute.name, attribute.text);
    metadata[test.name] = call;
    for (const auto& input : test.inputs)
      if (input) add(test.name + "." + input->name, input->shape, input_values(test, input->name));
    add(test.name + ".->", graph[graph.outputs[0].id].shape,
        run_op(test, find_backend("reference"), DType::f32));
  }
  write_safetensors(path, tensors, metadata);
}

int run(const Arguments& arguments) {
  std::vector<OpTest> tests;
  for (const std::string& file : arguments.files)
    for (OpTest& test : read_op_tests(file)) tests.push_back(std::move(test));
  Lane lane(1);
  if (arguments.docs) {
    lane.run([&] { std::fputs(op_docs(tests).c_str(), stdout); });
    return 0;
  }
  if (!arguments.values.empty()) {
    lane.run([&] { write_values(tests, arguments.values); });
    return 0;
  }
  const Tolerances tolerances(arguments.tolerances);
  Runner runner(arguments, tolerances);
  lane.run([&] {
    for (const OpTest& test : tests) runner.run(test);
  });
  std::printf("%d passed, %d failed\n", runner.passed, runner.failed);
  return runner.failed == 0 && runner.passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace lp

int main(int argc, char** argv) {
  CLI::App app("Runs tests of ops on every runtime");
  lp::Arguments arguments;
  arguments.tolerances = LP_TEST_DATA "/tolerances.txt";
  app.add_option("files", arguments.files)->required();
  app.add_option("--backend", arguments.backend);
  app.add_option("--case", arguments.test);
  app.add_option("--tolerances", arguments.tolerances);
  app.add_option("--values", arguments.values);
  app.add_flag("--docs", arguments.docs);
  CLI11_PARSE(app, argc, argv);
  try {
    return lp::run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-op-tests: %s\n", error.what());
    return 1;
  }
}
