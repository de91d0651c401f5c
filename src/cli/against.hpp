#pragma once
#include "cli/command.hpp"

#include <filesystem>

namespace lp::cli {

/// This program's own file, links followed; empty if the system does not say.
std::filesystem::path program_path();

/// Becomes bench/against.py, which runs this program and others in turns, with the model and every option
/// that was given, wherever it came from. Comes back only by an exception. @throws Error{not_found} if the
/// script is not there, Error{io} if Python cannot be run.
int run_against(const Invocation& invocation);

}  // namespace lp::cli
