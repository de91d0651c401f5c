#pragma once
#include "cli/command.hpp"

#include <string>

namespace lp::cli {

/// What the program does, its commands and common options.
std::string program_help();

/// One command: how it is called, what it does, its options.
std::string command_help(const Command& command);

/// "--size N", "-q, --quiet"
std::string flag_text(const Option& option);

/// The option's help with its default and choices.
std::string help_text(const Option& option);

}  // namespace lp::cli
