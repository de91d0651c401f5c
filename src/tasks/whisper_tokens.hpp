#pragma once
#include "runtime/session.hpp"
#include "tasks/tokenizer/tokenizer.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// The tokens of a Whisper that are no text. Source: openai/whisper, whisper/tokenizer.py; the ids are the
/// model's own.
struct WhisperTokens {
  std::int32_t start = 0, end = 0, no_timestamps = 0, no_speech = 0, before = 0;
  std::int32_t first_time = 0;                    // <|0.00|>; one more for every 20 ms
  std::map<std::string, std::int32_t> languages;  // "en"; empty: the model knows English alone
  std::int32_t transcribe = 0, translate = 0;     // of models that know more than English
  std::vector<std::int32_t> never, not_first;     // what is never said, and what no text begins with
  std::vector<std::int32_t> notes;  // what a note on a sound without words begins with: "[", "(", "*", "♪"

  bool is_text(std::int32_t token) const { return token < end; }
  bool is_time(std::int32_t token) const { return token >= first_time; }
};

/// @throws Error{bad_model} if the tokenizer lacks one of them.
WhisperTokens whisper_tokens(const Model& model, const Tokenizer& tokenizer);

}  // namespace lp
