#pragma once
#include "cli/command.hpp"

#include <string>

namespace lp::cli {

/// `transcribe --stream`: the one input while it is spoken, its words on standard output as they come.
/// `format`: text or json. Returns the exit status. A signal ends the sound: what was heard is final then.
/// @throws Error before the first words; later ones are reported behind them.
int stream(const Invocation& invocation, const std::string& format);

}  // namespace lp::cli
