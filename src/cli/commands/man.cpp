#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/option_list.hpp"
#include "cli/output.hpp"
#include "cli/version.hpp"

#include <fmt/format.h>

namespace lp::cli {
namespace {

/// Text as roff takes it: dashes that can be copied, no line that begins as a request. Source:
/// groff_man_style(7).
std::string roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  return out;
}

std::string option_entry(const Option& option) {
  std::string text = fmt::format(".TP\n.B {}\n{}.\n", roff(flag_text(option)), roff(help_text(option)));
  if (!option.flag_only) text += fmt::format("Environment: {}.\n", environment_name(option));
  return text;
}

std::string page() {
  std::string text =
      fmt::format(".TH LLAMA\\-PAJAMAS 1 \"\" \"llama\\-pajamas {}\" \"User Commands\"\n", program_version());
  text += ".SH NAME\nllama\\-pajamas \\- multi\\-modal inference on the hardware's own runtime\n";
  text += ".SH SYNOPSIS\n.B llama\\-pajamas\n.I COMMAND\n[\\fIARGUMENT\\fR...] [\\fB\\-\\-OPTION\\fR...]\n";
  text +=
      ".SH DESCRIPTION\nResults go to standard output, log and progress to standard error.\n"
      "Files may be named by globs and folders; \\- is standard input or output.\n"
      ".B llama\\-pajamas\\-run\n.I MODEL\nis the same as\n.B llama\\-pajamas run\n.IR MODEL .\n";
  text += ".SH COMMANDS\n";
  for (const Command& command : commands()) {
    if (!command.shown) continue;
    text +=
        fmt::format(".SS {} {}\n{}.\n", roff(command.name), roff(command.arguments), roff(command.summary));
    for (const std::string_view option : command.options)
      if (command.name != "options") text += option_entry(option_named(option));
  }
  text += ".SH OPTIONS OF EVERY COMMAND\n";
  for (const Option& option : common_options()) text += option_entry(option);
  text +=
      ".SH CONFIGURATION\nA value comes from the command line, else from the environment, else from the "
      "config file, else it is the\n"
      "default.\n.B llama\\-pajamas options\nprints all of them, each with its source.\n";
  text +=
      ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nIt failed; the reason is on standard error, with \\-\\-json "
      "as {\"error\":{\"type\",\"message\"}} on "
      "standard output.\nA batch in which any item failed.\n.TP\n2\nWrong usage.\n.TP\n128 + n\nStopped by "
      "signal n (130: Ctrl\\-C).\n";
  text +=
      ".SH ENVIRONMENT\n.TP\nNO_COLOR\nNo colour, also on a terminal.\n"
      ".TP\nLLAMA_PAJAMAS_FONT\nFont file for the labels that detect \\-\\-save draws.\n";
  return text;
}

int run(const Invocation&) {
  print(page());
  return 0;
}

}  // namespace

Command man_command() {
  return {.name = "man", .summary = "print the manual page in roff", .run = run};
}

}  // namespace lp::cli
