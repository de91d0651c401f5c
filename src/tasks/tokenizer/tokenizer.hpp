#pragma once
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// A tokenizer as Hugging Face's tokenizer.json describes it: text to ids and back, equal to what the package
/// tokenizers (0.23.3) does with the same file. BPE and WordPiece models are known. Thread-safe; cheap to
/// copy.
class Tokenizer {
 public:
  /// Reads a tokenizer.json. @throws Error{not_found, io} as reading files does, Error{bad_model} as `parse`.
  static Tokenizer open(const std::filesystem::path& path);

  /// `file` names it in messages. "truncation" and "padding" of the file are not applied.
  /// @throws Error{bad_model} naming what is missing, wrong or unknown.
  static Tokenizer parse(const nlohmann::json& tokenizer_json, const std::string& file);

  /// The ids of a text, with the special tokens around them. Ill-formed UTF-8 counts as U+FFFD. `max_tokens`:
  /// ids are cut at the right to leave at most so many, special tokens kept; 0: no limit.
  /// @throws Error{bad_input} if `max_tokens` has no room for the special tokens, or a regular expression of
  /// the file cannot cope with the text.
  std::vector<std::int32_t> encode(std::string_view text, std::size_t max_tokens = 0) const;

  /// The ids without special tokens around them; those written in the text are found all the same.
  std::vector<std::int32_t> encode_plain(std::string_view text) const;

  /// The text of ids; ids that no token has are passed over. `skip_special`: so are special tokens.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;

  /// The id of a token as the file spells it.
  std::optional<std::int32_t> id(std::string_view token) const;
  /// The token of an id as the file spells it; nothing if there is none.
  std::optional<std::string> token(std::int32_t id) const;
  /// How many tokens there are, added ones included. Ids may be greater.
  std::size_t size() const;
  /// How many special tokens `encode` puts around a text.
  std::size_t special_count() const;

 private:
  struct Parts;
  explicit Tokenizer(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::vector<std::int32_t> encode_up_to(std::string_view text, std::size_t most) const;

  std::shared_ptr<const Parts> parts_;
};

}  // namespace lp
