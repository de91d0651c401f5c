#pragma once
#include "tasks/tokenizer/vocabulary.hpp"

#include <memory>
#include <vector>

namespace lp::tokenizing {

/// Cuts words into tokens. Thread-safe.
class TokenModel {
 public:
  explicit TokenModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  virtual ~TokenModel() = default;
  TokenModel(const TokenModel&) = delete;
  TokenModel& operator=(const TokenModel&) = delete;

  /// Adds the ids of the tokens of `word`, well-formed UTF-8.
  virtual void tokenize(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
};

/// The model that a part of tokenizer.json describes: BPE or WordPiece; files without a type are old ones of
/// these two.
/// @throws Error{bad_model} on any other and on wrong values.
std::unique_ptr<TokenModel> read_token_model(const Part& part);

/// WordPiece: the longest token at the start of the word, then the longest behind it, and so on; the unknown
/// token for a word that cannot be covered. Source: BERT, Devlin et al. 2018; google-research/bert
/// tokenization.py.
std::unique_ptr<TokenModel> read_word_piece(const Part& part);

/// Byte-pair encoding: characters, then merges in the order of their rank. Source: Sennrich et al. 2016,
/// algorithm 1; the options are those of huggingface/tokenizers, models/bpe/model.rs.
std::unique_ptr<TokenModel> read_bpe(const Part& part);

}  // namespace lp::tokenizing
