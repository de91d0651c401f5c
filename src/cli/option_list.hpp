#pragma once
#include "base/options.hpp"
#include "cli/command.hpp"

#include <span>
#include <vector>

namespace lp::cli {

/// Every option of the program. The same name means the same in every command.
std::span<const Option> option_list();

/// Those that every command takes, before its name or after it.
std::span<const Option> common_options();

/// Common options and the command's own, in the order of the list.
std::vector<Option> options_of(const Command& command);

/// The option called `name`; it must be one.
const Option& option_named(std::string_view name);

}  // namespace lp::cli
