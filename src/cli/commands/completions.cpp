#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/option_list.hpp"
#include "cli/output.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

std::vector<Command> shown_commands() {
  std::vector<Command> shown;
  std::copy_if(commands().begin(), commands().end(), std::back_inserter(shown),
               [](const Command& command) { return command.shown; });
  return shown;
}

std::string flags_of(const Command& command) {
  std::string flags;
  for (const Option& option : options_of(command))
    flags += fmt::format("{}--{}", flags.empty() ? "" : " ", option.name);
  return flags;
}

/// Text inside single quotes, for all three shells.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash() {
  std::string names, flags, values;
  for (const Command& command : shown_commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
    flags += fmt::format("    {}) flags={} ;;\n", command.name, in_quotes(flags_of(command)));
  }
  for (const Option& option : option_list())
    if (!option.choices.empty())
      values += fmt::format("    --{}) COMPREPLY=($(compgen -W {} -- \"$word\")); return ;;\n", option.name,
                            in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
  return fmt::format(R"(# bash completion of llama-pajamas
_llama_pajamas() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= flags= i
  case $before in
{}  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " {} " in *" ${{COMP_WORDS[i]}} "*) command=${{COMP_WORDS[i]}}; break ;; esac
  done
  case $command in
    "") flags={} ;;
{}  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ -z $command ]]; then
    COMPREPLY=($(compgen -W '{}' -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _llama_pajamas llama-pajamas
)",
                     values, names, in_quotes(flags_of(Command{})), flags, names);
}

std::string zsh_option(const Option& option) {
  std::string help = option.help;
  for (const char special : {'[', ']', ':'}) std::replace(help.begin(), help.end(), special, ' ');
  std::string spec = "--" + option.name + (option.kind == OptionKind::flag ? "" : "=") + "[" + help + "]";
  if (!option.choices.empty()) {
    spec += fmt::format(":{}:({})", lower(option.placeholder), fmt::join(option.choices, " "));
  } else if (option.kind != OptionKind::flag) {
    spec += fmt::format(":{}:_files", lower(option.placeholder));
  }
  return in_quotes(spec);
}

std::string zsh() {
  std::string names, cases, common;
  for (const Option& option : common_options()) common += fmt::format("    {}\n", zsh_option(option));
  for (const Command& command : shown_commands()) {
    names += fmt::format("    {}\n", in_quotes(fmt::format("{}:{}", command.name, command.summary)));
    cases += fmt::format("    {}) own=(", command.name);
    for (const std::string_view option : command.options) cases += zsh_option(option_named(option)) + " ";
    cases += ") ;;\n";
  }
  return fmt::format(R"(#compdef llama-pajamas
_llama_pajamas() {{
  local -a names common own
  local context state state_descr line
  typeset -A opt_args
  names=(
{}  )
  common=(
{}  )
  _arguments -C "${{common[@]}}" '1:command:->command' '*::argument:->argument' && return
  if [[ $state == command ]]; then
    _describe command names
    return
  fi
  case $words[1] in
{}  esac
  _arguments "${{common[@]}}" "${{own[@]}}" '*:file:_files'
}}
_llama_pajamas "$@"
)",
                     names, common, cases);
}

std::string fish_option(const Option& option, const std::string& condition) {
  std::string line = fmt::format("complete -c llama-pajamas{} -l {}", condition, option.name);
  if (option.letter != 0) line += fmt::format(" -s {}", option.letter);
  if (option.kind != OptionKind::flag) line += " -r";
  if (!option.choices.empty())
    line += fmt::format(" -f -a {}", in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
  return line + " -d " + in_quotes(option.help) + "\n";
}

std::string fish() {
  std::string text = "# fish completion of llama-pajamas\n";
  for (const Command& command : shown_commands())
    text += fmt::format("complete -c llama-pajamas -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                        in_quotes(command.summary));
  for (const Option& option : common_options()) text += fish_option(option, "");
  for (const Command& command : shown_commands())
    for (const std::string_view option : command.options)
      text += fish_option(option_named(option),
                          fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name));
  return text;
}

int run(const Invocation& invocation) {
  const std::vector<std::string> known = {"bash", "zsh", "fish"};
  const std::string& shell = invocation.arguments.front();
  if (shell == "bash") {
    print(bash());
  } else if (shell == "zsh") {
    print(zsh());
  } else if (shell == "fish") {
    print(fish());
  } else {
    fail(Fault::usage, "completions: no shell `{}`; there are: {}", shell, fmt::join(known, ", "));
  }
  return 0;
}

}  // namespace

Command completions_command() {
  return {.name = "completions",
          .summary = "print completions for a shell",
          .arguments = "bash|zsh|fish",
          .least_arguments = 1,
          .most_arguments = 1,
          .run = run};
}

}  // namespace lp::cli
