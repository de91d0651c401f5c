#pragma once
#include "cli/command.hpp"

namespace lp::cli {

/// `run voice [INPUT]`: listens to a microphone, a pipe or a file as if it was live, and speaks an answer to
/// what was said before each pause; who speaks meanwhile stops it. `invocation`: without the word `voice`.
/// The exit status. @throws Error.
int voice_loop(const Invocation& invocation);

}  // namespace lp::cli
