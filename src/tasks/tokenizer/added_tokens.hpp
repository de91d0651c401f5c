#pragma once
#include "tasks/tokenizer/normalizer.hpp"
#include "tasks/tokenizer/token_trie.hpp"
#include "tasks/tokenizer/vocabulary.hpp"

#include <unordered_map>
#include <vector>

namespace lp::tokenizing {

/// A token that is found in the text before the model sees it.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;      // left out of what is decoded
  bool single_word = false;  // not inside a word
  bool strips_left = false;  // takes the white space before it along
  bool strips_right = false;
  bool normalized = false;  // looked for in the normalized text
};

/// A part of a text: what an added token matched, or what is to be cut into words.
struct Segment {
  std::string text;
  std::optional<std::int32_t> id;
  bool first = false;  // begins where the whole text does
};

/// The added tokens of a tokenizer. Thread-safe. Source: huggingface/tokenizers,
/// tokenizer/added_vocabulary.rs.
class AddedTokens {
 public:
  /// Reads "added_tokens", which may be missing. `model`: a token that it knows too keeps the model's id.
  /// @throws Error{bad_model}
  AddedTokens(const Part& file, const Vocabulary& model, const Normalizer& normalizer);

  /// Normalizes a text, well-formed UTF-8, and cuts it at added tokens; no part is empty.
  std::vector<Segment> cut(std::string_view text, const Normalizer& normalizer) const;

  std::optional<std::int32_t> id(std::string_view token) const { return ids_.id(token); }
  /// Null if no added token has the id.
  const AddedToken* find(std::int32_t id) const;
  /// How many of them the model does not know.
  std::size_t beyond_model() const { return beyond_model_; }

 private:
  void cut_by(const TokenTrie& trie, const Segment& segment, std::vector<Segment>& segments) const;

  Vocabulary ids_;
  std::unordered_map<std::int32_t, AddedToken> tokens_;
  TokenTrie plain_, normalized_;
  std::size_t beyond_model_ = 0;
};

}  // namespace lp::tokenizing
