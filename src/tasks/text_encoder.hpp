#pragma once
#include "runtime/session_cache.hpp"
#include "tasks/sample.hpp"
#include "tasks/tokenizer/tokenizer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// The tokenizer of a model. @throws Error{usage} if the model takes no text, Error{bad_model} if it is
/// missing or broken.
Tokenizer tokenizer_of(const Model& model);

/// What a text encoder made of one text.
struct EncodedText {
  std::vector<float> embedding;  // of length 1
  std::size_t tokens = 0;        // special ones included
  bool cut = false;              // whether the text was longer than the model takes
  double tokenize_ms = 0, inference_ms = 0;
};

/// Texts through a model's text encoder. A text longer than the model takes is cut at its end. Keeps a
/// bounded number of compiled lengths. Not thread-safe.
class TextEncoder {
 public:
  /// @throws as tokenizer_of.
  explicit TextEncoder(LoadedModel loaded);

  /// @throws Error{bad_model} if the tokenizer makes tokens that the model does not know.
  EncodedText encode(std::string_view text);

 private:
  SessionCache sessions_;
  Tokenizer tokenizer_;
  Sample input_;
};

}  // namespace lp
