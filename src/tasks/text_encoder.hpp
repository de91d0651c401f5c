#pragma once
#include "runtime/session_cache.hpp"
#include "tasks/encoded.hpp"
#include "tasks/sample.hpp"
#include "tasks/tokenizer/tokenizer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// The tokenizer of a model. @throws Error{bad_model} if it is missing or broken.
Tokenizer tokenizer_of(const Model& model);

/// A text as a model takes it.
struct TokenizedText {
  std::vector<std::int32_t> ids;  // at least one, special ones included
  bool cut = false;               // whether the text was longer than the model takes
};

/// Texts through a model's text encoder. A text longer than the model takes is cut at its end. Keeps a
/// bounded number of compiled lengths. Not thread-safe.
class TextEncoder {
 public:
  /// @throws Error{usage} if the model takes no text; as tokenizer_of.
  explicit TextEncoder(LoadedModel loaded);

  /// @throws Error{bad_input} for a text without tokens.
  TokenizedText tokenize(std::string_view text) const;
  InputKind kind_of(const TokenizedText& text) const {
    return kind_of_text(text.ids.size(), sessions_.info());
  }
  /// Puts a text at the end of those of its kind.
  void add(const TokenizedText& text, Sample& to) const { to.add(text.ids, sessions_.info()); }
  /// `count` of the texts from number `first` on, in one run: their output "embedding" is of length 1.
  /// @throws Error{bad_input} if the tokenizer makes tokens that the model does not know.
  std::vector<Encoded> run(Sample& inputs, std::size_t first, std::size_t count);
  /// The embedding of one text alone. @throws the same.
  std::vector<float> encode(const TokenizedText& text);

 private:
  SessionCache sessions_;
  Tokenizer tokenizer_;
  Sample input_;
};

}  // namespace lp
