#pragma once
#include "tasks/whisper_tokens.hpp"

#include <cstdint>
#include <span>

namespace lp {

/// Takes from `scores` what may not follow `said`, the tokens since the prompt, by setting it to minus
/// infinity: what is never said, what nothing begins with, and what would break the order of times. Times
/// come in pairs, at a segment's end and the next one's start, and do not go back; the first is at most 1 s;
/// where all times together are likelier than any other token, it is a time. Source: openai/whisper,
/// whisper/decoding.py (SuppressBlank, SuppressTokens, ApplyTimestampRules).
void apply_timestamp_rules(const WhisperTokens& tokens, std::span<const std::int32_t> said,
                           std::span<float> scores);

}  // namespace lp
