#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

namespace lp::cli {
namespace {

int run(const Invocation& invocation) {
  const Store store = open_store(invocation.settings);
  const std::vector<std::string> names = once_each(invocation.arguments);
  for (const std::string& name : names) store.check_removable(name);  // all or none
  for (const std::string& name : names) store.remove(name);
  if (invocation.json()) {
    print_json({{"removed", names}});
  } else {
    for (const std::string& name : names) print(fmt::format("removed {}\n", name));
  }
  return 0;
}

}  // namespace

Command rm_command() {
  return {.name = "rm",
          .summary = "remove models from the store",
          .arguments = "NAME...",
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
