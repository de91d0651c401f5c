// The list of commands. A new one is a file in commands/ and a line in each of the two groups below.
#include "cli/command.hpp"

#include <array>

namespace lp::cli {

Command bench_command();
Command classify_command();
Command completions_command();
Command convert_command();
Command detect_command();
Command doctor_command();
Command embed_command();
Command evaluate_command();
Command export_command();
Command hardware_command();
Command help_command();
Command import_command();
Command list_command();
Command man_command();
Command options_command();
Command pull_command();
Command rm_command();
Command run_command();
Command segment_command();
Command show_command();
Command speak_command();
Command transcribe_command();
Command verify_command();

std::span<const Command> task_commands() {
  static const std::array tasks = {detect_command(), segment_command(),    classify_command(),
                                   embed_command(),  transcribe_command(), speak_command()};
  return tasks;
}

std::span<const Command> commands() {
  static const std::array all = {
      detect_command(), segment_command(),  classify_command(),   embed_command(),    transcribe_command(),
      speak_command(),  run_command(),      pull_command(),       convert_command(),  list_command(),
      show_command(),   verify_command(),   rm_command(),         export_command(),   import_command(),
      doctor_command(), hardware_command(), bench_command(),      evaluate_command(), options_command(),
      help_command(),   man_command(),      completions_command()};
  return all;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands())
    if (command.name == name) return &command;
  return nullptr;
}

}  // namespace lp::cli
