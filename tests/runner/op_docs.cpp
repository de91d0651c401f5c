#include "runner/op_docs.hpp"

#include "backends/backend.hpp"
#include "base/error.hpp"
#include "ops/catalog.hpp"
#include "runner/op_run.hpp"

#include <array>

namespace lp {
namespace {

constexpr std::array types = {DType::f32, DType::bf16};

/// "yes", or why not, for all tests of an op.
std::string support(const Backend& backend, DType type, const OpType& op, std::span<const OpTest> tests) {
  int tried = 0;
  for (const OpTest& test : tests) {
    if (test.op != op.name || test.kind == OpTest::Kind::error) continue;
    ++tried;
    try {
      run_op(test, backend, type);
    } catch (const Error&) {
      return "no";
    }
  }
  return tried > 0 ? "yes" : "not tested";
}

}  // namespace

std::string op_docs(std::span<const OpTest> tests) {
  std::string out =
      "# Ops\n\nWritten by `lp-op-tests tests/ops/*.test --docs` from src/ops, and from what ran on the "
      "processor that wrote it; do not edit.\nA signature names each input's axes: `?` marks an optional "
      "input, "
      "`*` any axes, `:int` whole numbers, `c=co` renames.\n";
  std::string_view family;
  for (const OpType& op : op_catalog()) {
    if (op.family != family) out += fmt::format("\n## {}\n", family = op.family);
    out += fmt::format("\n### {}\n\n    {}\n\n{}\n", op.name, op.signature, op.doc);
    if (!op.defaults.empty()) {
      out += "\nAttributes:";
      for (const Attribute& attribute : op.defaults)
        out += fmt::format(" `{}`{}", attribute.name,
                           attribute.text == "\"\"" ? "" : fmt::format(" (default {})", attribute.text));
      out += "\n";
    }
    out += "\n| runtime | f32 | bf16 |\n|---|---|---|\n";
    for (const Backend* backend : backends()) {
      out += fmt::format("| {} |", backend->name());
      for (const DType type : types)
        out += fmt::format(
            " {} |", backend->computes(type) ? support(*backend, type, op, tests) : "not on that processor");
      out += "\n";
    }
  }
  return out;
}

}  // namespace lp
