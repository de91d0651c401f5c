#include "tasks/tokenizer/token_model.hpp"

#include <array>

namespace lp::tokenizing {

std::unique_ptr<TokenModel> read_token_model(const Part& part) {
  constexpr std::array<Kind<std::unique_ptr<TokenModel>>, 2> kinds = {
      {{"BPE", read_bpe}, {"WordPiece", read_word_piece}}};
  if (part.has("type")) return read_kind<std::unique_ptr<TokenModel>>(part, kinds);
  if (part.has("merges")) return read_bpe(part);
  if (part.has("max_input_chars_per_word")) return read_word_piece(part);
  part.wrong("type", "BPE or WordPiece");
}

}  // namespace lp::tokenizing
