#pragma once
#include "runtime/session.hpp"

#include <functional>
#include <span>
#include <vector>

namespace lp {

/// How often a changed Whisper, such as one in 8 bits, takes the same token to be the likeliest as its
/// original: 0 to 1, of all tokens that the original hears in these sounds (16 kHz, the first 30 s of each)
/// without times. Both get the sound and what the original said before, so that one other token is one error,
/// and not a text that goes on differently. Encoder and decoder count, and their states. `between` is called
/// before each sound; it may throw to stop. @throws as WhisperModel and whisper_tokens.
double same_tokens(const LoadedModel& original, const LoadedModel& changed,
                   std::span<const std::vector<float>> sounds, const std::function<void()>& between);

}  // namespace lp
