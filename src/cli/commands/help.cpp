#include "cli/help.hpp"

#include "base/error.hpp"
#include "cli/output.hpp"

namespace lp::cli {
namespace {

int run(const Invocation& invocation) {
  if (invocation.arguments.empty()) {
    print(program_help());
    return 0;
  }
  const Command* const command = find_command(invocation.arguments.front());
  if (command == nullptr)
    fail(Fault::usage, "no command `{}`; `llama-pajamas help` lists them", invocation.arguments.front());
  print(command_help(*command));
  return 0;
}

}  // namespace

Command help_command() {
  return {.name = "help",
          .summary = "say how the program or a command is used",
          .arguments = "[COMMAND]",
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
