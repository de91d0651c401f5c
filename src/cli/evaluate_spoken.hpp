#pragma once
#include "cli/command.hpp"

namespace lp::cli {

/// `evaluate stt MODEL --data DATA`, or `evaluate stt DATA... --model MODEL`: a model that hears. The exit
/// status.
/// @throws Error.
int evaluate_stt(const Invocation& invocation);

/// `evaluate tts MODEL --data TEXTS`, or `evaluate tts TEXTS... --model MODEL`: a voice. The exit status.
/// @throws Error.
int evaluate_tts(const Invocation& invocation);

}  // namespace lp::cli
