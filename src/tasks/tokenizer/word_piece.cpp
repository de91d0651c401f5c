#include "tasks/tokenizer/token_model.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>

namespace lp::tokenizing {
namespace {

// Longer words take quadratic time; BERT's own limit is 100.
constexpr std::int64_t most_word_characters = 10'000;

class WordPiece : public TokenModel {
 public:
  explicit WordPiece(const Part& part)
      : TokenModel(Vocabulary::read(part)),
        prefix_(part.has("continuing_subword_prefix") ? part.text("continuing_subword_prefix") : "##"),
        most_characters_(
            part.has("max_input_chars_per_word")
                ? static_cast<std::size_t>(part.whole("max_input_chars_per_word", most_word_characters))
                : 100) {
    const std::string unknown = part.has("unk_token") ? part.text("unk_token") : "[UNK]";
    const auto id = vocabulary().id(unknown);
    if (!id) fail(Fault::bad_model, "{}.vocab: no token '{}', which unk_token names", part.where(), unknown);
    unknown_ = *id;
  }

  void tokenize(std::string_view word, std::vector<std::int32_t>& ids) const override {
    const std::size_t before = ids.size();
    if (cover(word, ids)) return;
    ids.resize(before);
    ids.push_back(unknown_);
  }

 private:
  bool cover(std::string_view word, std::vector<std::int32_t>& ids) const {
    std::vector<std::size_t> ends;  // of the characters
    for (std::size_t at = 0; at < word.size();) {
      next_code_point(word, at);
      ends.push_back(at);
      if (ends.size() > most_characters_) return false;
    }
    std::string token;
    for (std::size_t begin = 0, first = 0; begin < word.size();) {
      token = begin > 0 ? prefix_ : "";
      const std::size_t prefix = token.size();
      token += word.substr(begin, vocabulary().longest() - std::min(prefix, vocabulary().longest()));
      std::size_t last = ends.size();
      std::optional<std::int32_t> id;
      for (; last > first; --last) {
        const std::size_t size = prefix + ends[last - 1] - begin;
        if (size > token.size()) continue;
        id = vocabulary().id(std::string_view(token).substr(0, size));
        if (id) break;
      }
      if (!id) return false;
      ids.push_back(*id);
      begin = ends[last - 1];
      first = last;
    }
    return true;
  }

  std::string prefix_;
  std::size_t most_characters_;
  std::int32_t unknown_ = 0;
};

}  // namespace

std::unique_ptr<TokenModel> read_word_piece(const Part& part) {
  return std::make_unique<WordPiece>(part);
}

}  // namespace lp::tokenizing
