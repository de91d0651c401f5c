#include "tasks/tokenizer/bpe_merges.hpp"
#include "tasks/tokenizer/token_model.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

using nlohmann::json;

/// The two texts of one entry of "merges": "a b", or ["a", "b"] in newer files.
std::optional<std::pair<std::string_view, std::string_view>> pair_of(const json& entry) {
  if (const auto* const text = entry.get_ptr<const std::string*>()) {
    const std::size_t space = text->find(' ');
    if (space == std::string::npos || text->find(' ', space + 1) != std::string::npos) return {};
    const std::string_view view = *text;
    return std::pair(view.substr(0, space), view.substr(space + 1));
  }
  if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string()) return {};
  return std::pair<std::string_view, std::string_view>(entry[0].get_ref<const std::string&>(),
                                                       entry[1].get_ref<const std::string&>());
}

constexpr std::int32_t no_token = -1;

class Bpe : public TokenModel {
 public:
  explicit Bpe(const Part& part)
      : TokenModel(Vocabulary::read(part)),
        prefix_(part.optional_text("continuing_subword_prefix").value_or("")),
        suffix_(part.optional_text("end_of_word_suffix").value_or("")),
        fuses_unknown_(part.flag("fuse_unk", false)),
        falls_back_(part.flag("byte_fallback", false)),
        ignores_merges_(part.flag("ignore_merges", false)) {
    const json& dropout = part["dropout"];
    const bool none = dropout.is_null() || (dropout.is_number() && dropout.get<double>() == 0);
    if (!none) part.wrong("dropout", "null: with it tokens are a matter of chance");
    read_unknown(part);
    read_merges(part);
    for (std::size_t byte = 0; falls_back_ && byte < bytes_.size(); ++byte)
      bytes_[byte] = vocabulary().id(fmt::format("<0x{:02X}>", byte));
  }

  void tokenize(std::string_view word, std::vector<std::int32_t>& ids) const override {
    if (ignores_merges_) {
      if (const auto id = vocabulary().id(word)) return ids.push_back(*id);
    }
    std::vector<std::int32_t> tokens = symbols(word);
    merges_.apply(tokens);
    ids.insert(ids.end(), tokens.begin(), tokens.end());
  }

 private:
  void read_unknown(const Part& part) {
    const auto unknown = part.optional_text("unk_token");
    if (!unknown) return;
    const auto id = vocabulary().id(*unknown);
    if (!id) fail(Fault::bad_model, "{}.vocab: no token '{}', which unk_token names", part.where(), *unknown);
    unknown_ = *id;
  }

  void read_merges(const Part& part) {
    const json& entries = part["merges"];
    if (!entries.is_array()) part.wrong("merges", "an array");
    merges_.reserve(entries.size());
    std::int32_t rank = 0;
    for (const json& entry : entries) {
      const auto pair = pair_of(entry);
      const std::string where = fmt::format("{}.merges[{}]", part.where(), rank);
      if (!pair) fail(Fault::bad_model, "{} is not a pair of tokens", where);
      const auto& [left, right] = *pair;
      if (!right.starts_with(prefix_))
        fail(Fault::bad_model, "{}: '{}' does not begin with '{}'", where, right, prefix_);
      const std::string merged = std::string(left) + std::string(right.substr(prefix_.size()));
      const std::int32_t left_id = known(left, where);
      const std::int32_t right_id = known(right, where);
      merges_.add(left_id, right_id, rank++, known(merged, where));
    }
  }

  std::int32_t known(std::string_view token, std::string_view where) const {
    const auto id = vocabulary().id(token);
    if (!id) fail(Fault::bad_model, "{}: the vocabulary has no token '{}'", where, token);
    return *id;
  }

  /// The tokens of the characters. An unknown token is held back until the next known character, so that
  /// several can become one; bytes do not end that, as in the original.
  std::vector<std::int32_t> symbols(std::string_view word) const {
    std::vector<std::int32_t> tokens;
    bool unknown = false;
    std::string symbol;
    for (std::size_t at = 0; at < word.size();) {
      const std::size_t begin = at;
      next_code_point(word, at);
      symbol = begin > 0 ? prefix_ : "";
      symbol += word.substr(begin, at - begin);
      if (at == word.size()) symbol += suffix_;
      if (const auto id = vocabulary().id(symbol)) {
        if (unknown) tokens.push_back(unknown_);
        unknown = false;
        tokens.push_back(*id);
      } else if (!add_bytes(symbol, tokens) && unknown_ != no_token) {
        if (unknown && !fuses_unknown_) tokens.push_back(unknown_);
        unknown = true;
      }
    }
    if (unknown) tokens.push_back(unknown_);
    return tokens;
  }

  /// The tokens <0x00> to <0xFF> of its bytes, if there are all of them.
  bool add_bytes(std::string_view symbol, std::vector<std::int32_t>& tokens) const {
    if (!falls_back_) return false;
    const std::size_t before = tokens.size();
    for (const char byte : symbol) {
      const auto id = bytes_[static_cast<unsigned char>(byte)];
      if (!id) {
        tokens.resize(before);
        return false;
      }
      tokens.push_back(*id);
    }
    return true;
  }

  std::string prefix_, suffix_;
  bool fuses_unknown_, falls_back_, ignores_merges_;
  std::int32_t unknown_ = no_token;
  std::array<std::optional<std::int32_t>, 256> bytes_;
  BpeMerges merges_;
};

}  // namespace

std::unique_ptr<TokenModel> read_bpe(const Part& part) {
  return std::make_unique<Bpe>(part);
}

}  // namespace lp::tokenizing
