#pragma once
#include "base/options.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// What a command is run with.
struct Invocation {
  Settings settings;
  std::vector<std::string> arguments;  // the words that are no options

  bool json() const { return settings.flag("json"); }
};

/// One command of the program.
struct Command {
  std::string_view name;
  std::string_view summary;    // one phrase for the list of commands
  std::string_view arguments;  // "INPUT...", "MODEL [INPUT...]"
  /// Names of the options that it takes besides the common ones, from option_list().
  std::vector<std::string_view> options;
  std::size_t least_arguments = 0, most_arguments = 0;
  /// The exit status: 0 done, 1 it failed. @throws Error.
  int (*run)(const Invocation& invocation) = nullptr;
  /// Whether it is listed in help, man page and completions.
  bool shown = true;
};

inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

/// Every command, in the order of the help.
std::span<const Command> commands();

/// Those of them that do a model's task; a task's command has its name.
std::span<const Command> task_commands();

/// Null if there is none of that name.
const Command* find_command(std::string_view name);

}  // namespace lp::cli
