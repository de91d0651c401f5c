#include "cli/help.hpp"

#include "cli/option_list.hpp"
#include "cli/output.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lp::cli {
namespace {

constexpr std::size_t line_width = 100;

/// Two columns: `left` in a width of its own, `right` broken between words.
void add_row(std::string& text, const std::string& left, const std::string& right, std::size_t left_width) {
  std::string line = fmt::format("  {:<{}}  ", left, left_width);
  const std::string indent(left_width + 4, ' ');
  for (std::size_t start = 0; start < right.size();) {
    const std::size_t space = std::min(right.find(' ', start), right.size());
    const std::string word = right.substr(start, space - start);
    if (line.size() + word.size() > line_width && line.size() > indent.size()) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = indent;
    }
    line += word + " ";
    start = space + 1;
  }
  text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

void add_options(std::string& text, std::span<const Option> options) {
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, flag_text(option).size());
  for (const Option& option : options) add_row(text, flag_text(option), help_text(option), width);
}

}  // namespace

std::string flag_text(const Option& option) {
  const std::string letter = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "";
  return letter + "--" + option.name + (option.placeholder.empty() ? "" : " " + option.placeholder);
}

std::string help_text(const Option& option) {
  std::string text = option.help;
  if (!option.choices.empty()) text += fmt::format(": {}", fmt::join(option.choices, ", "));
  if (!option.default_text.empty()) text += fmt::format(" (default: {})", option.default_text);
  return text;
}

std::string program_help() {
  std::string text = "llama-pajamas: multi-modal inference on the hardware's own runtime\n\n" +
                     heading("Usage") + "\n  llama-pajamas COMMAND [ARGUMENT...] [--OPTION...]\n\n" +
                     heading("Commands") + "\n";
  std::size_t width = 0;
  for (const Command& command : commands())
    if (command.shown) width = std::max(width, command.name.size());
  for (const Command& command : commands())
    if (command.shown) add_row(text, std::string(command.name), std::string(command.summary), width);
  text += fmt::format("\n{}\n", heading("Options of every command"));
  add_options(text, common_options());
  text +=
      "\n`llama-pajamas COMMAND --help` tells more. Every option is also an environment variable "
      "(LLAMA_PAJAMAS_THREADS)\n"
      "and a key of the config file; `llama-pajamas options` prints them all. `-` is standard input or "
      "output.\n";
  return text;
}

std::string command_help(const Command& command) {
  std::string text = fmt::format("llama-pajamas {}: {}\n\n{}\n  llama-pajamas {} {}{}[--OPTION...]\n",
                                 command.name, command.summary, heading("Usage"), command.name,
                                 command.arguments, command.arguments.empty() ? "" : " ");
  std::vector<Option> own;
  for (const std::string_view name : command.options) own.push_back(option_named(name));
  if (!own.empty()) {
    text += fmt::format("\n{}\n", heading("Options"));
    add_options(text, own);
  }
  text += fmt::format("\n{}\n", heading("Options of every command"));
  add_options(text, common_options());
  return text;
}

}  // namespace lp::cli
