#pragma once
#include "cli/command.hpp"

#include <string_view>

namespace lp::cli {

/// Finds things in the pictures and videos that the arguments stand for, with a model for `task`: `detect` or
/// `segment`. The exit status. @throws Error.
int find_in_pictures(const Invocation& invocation, std::string_view task);

/// The command of that name: what both take is the same.
Command detection_command(std::string_view task, std::string_view summary,
                          int (*run)(const Invocation& invocation));

}  // namespace lp::cli
