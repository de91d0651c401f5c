#include "backends/backend.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/machine.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "runtime/lane.hpp"

#include <array>

namespace lp::cli {
namespace {

using nlohmann::json;

/// The best settings for this machine: what `auto` takes, and why.
json profile_json() {
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    const Support bf16 = backend->computes(DType::bf16);
    return {{"runtime", backend->name()},
            {"device", device_name},
            {"precision", bf16 ? "bf16" : "f32"},
            {"threads", usable_cores()},
            {"reasons",
             {fmt::format("{} is the fastest runtime of this program here", backend->version()),
              bf16 ? std::string("bf16 halves the bytes and is multiplied in hardware") : bf16.why,
              fmt::format("{} physical cores may be used; more threads than cores do not help",
                          usable_cores())}}};
  }
  fail(Fault::unsupported, "no runtime of this program is available on this machine");
}

int run(const Invocation& invocation) {
  const std::string what = invocation.arguments.empty() ? "detect" : invocation.arguments.front();
  const bool profile = what == "profile";
  if (!profile && what != "detect") {
    const std::vector<std::string> known = {"detect", "profile"};
    fail(Fault::usage, "hardware: no `{}`; did you mean `hardware {}`?", what, nearest(what, known));
  }
  const json document = profile ? profile_json() : machine_json();
  if (invocation.json()) {
    print_json(document);
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{profile ? "SETTING" : "FACT", "VALUE"}};
  for (const auto& [key, value] : document.items()) {
    if (value.is_null()) continue;
    std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    if (value.is_array()) shown = fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ", "));
    rows.push_back({key, shown});
  }
  print(table(rows));
  return 0;
}

}  // namespace

Command hardware_command() {
  return {.name = "hardware",
          .summary = "the machine (detect), the best settings for it (profile)",
          .arguments = "[detect|profile]",
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
