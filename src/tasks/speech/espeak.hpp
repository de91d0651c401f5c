#pragma once
#include "tasks/speech/phonemizer.hpp"

#include <memory>
#include <string>

namespace lp::speech {

/// espeak-ng, opened when it is first needed: it is under the GPL 3, and may be absent. The environment's
/// LLAMA_PAJAMAS_ESPEAK names the library's file where the system does not find it; espeak-ng itself reads
/// ESPEAK_DATA_PATH. `voice`: as espeak-ng calls it: "en-us", "de". Several threads may use several of them:
/// they take turns, for espeak-ng has one state for all.
/// @throws Error{unsupported} without espeak-ng, its data, or that voice.
std::unique_ptr<Phonemizer> open_espeak(const std::string& voice);

/// "1.51". @throws Error{unsupported} without espeak-ng.
std::string espeak_version();

}  // namespace lp::speech
