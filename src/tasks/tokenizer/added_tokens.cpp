#include "tasks/tokenizer/added_tokens.hpp"

#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>

namespace lp::tokenizing {
namespace {

// Looking for a token takes time of its length at each byte of the text; the longest known has some 100
// bytes.
constexpr std::size_t longest_content = 1024;

AddedToken read_added_token(const Part& part, const Vocabulary& model) {
  const std::string content = part.text("content");
  if (content.size() > longest_content)
    fail(Fault::bad_model, "{}.content has {} bytes; at most {} are supported", part.where(), content.size(),
         longest_content);
  const bool special = part.flag("special", false);
  return {.content = content,
          .id = model.id(content).value_or(part.id("id")),
          .special = special,
          .single_word = part.flag("single_word", false),
          .strips_left = part.flag("lstrip", false),
          .strips_right = part.flag("rstrip", false),
          .normalized = part.flag("normalized", !special)};
}

/// The character that ends at `at`, which is not 0.
char32_t character_before(std::string_view text, std::size_t at) {
  do {
    --at;
  } while ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80);
  return next_code_point(text, at);
}

std::size_t width(char32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

bool inside_word(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0 && is_word(character_before(text, begin))) return true;
  return end < text.size() && is_word(next_code_point(text, end));
}

std::size_t without_space_before(std::string_view text, std::size_t at, std::size_t least) {
  while (at > least) {
    const char32_t before = character_before(text, at);
    if (!is_white_space(before)) break;
    at -= width(before);
  }
  return std::max(at, least);
}

std::size_t without_space_behind(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    std::size_t next = at;
    if (!is_white_space(next_code_point(text, next))) break;
    at = next;
  }
  return at;
}

}  // namespace

AddedTokens::AddedTokens(const Part& file, const Vocabulary& model, const Normalizer& normalizer) {
  if (!file.has("added_tokens")) return;
  std::vector<AddedToken> tokens;
  for (const Part& part : file.parts("added_tokens")) tokens.push_back(read_added_token(part, model));
  // Where two have the same content, special ones come first.
  std::stable_partition(tokens.begin(), tokens.end(), [](const AddedToken& token) { return token.special; });
  for (const AddedToken& token : tokens) {
    if (token.content.empty() || ids_.id(token.content)) continue;
    if (!model.id(token.content)) ++beyond_model_;
    ids_.set(token.content, token.id);
    tokens_.insert_or_assign(token.id, token);
    const std::string sought = token.normalized && normalizer ? normalizer(token.content) : token.content;
    if (!sought.empty()) (token.normalized ? normalized_ : plain_).add(sought, token.id);
  }
}

const AddedToken* AddedTokens::find(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found != tokens_.end() ? &found->second : nullptr;
}

std::vector<Segment> AddedTokens::cut(std::string_view text, const Normalizer& normalizer) const {
  std::vector<Segment> parts, segments;
  cut_by(plain_, {std::string(text), {}, true}, parts);
  for (Segment& part : parts) {
    if (part.id) {
      segments.push_back(std::move(part));
      continue;
    }
    if (normalizer) part.text = normalizer(part.text);
    cut_by(normalized_, part, segments);
  }
  return segments;
}

void AddedTokens::cut_by(const TokenTrie& trie, const Segment& segment,
                         std::vector<Segment>& segments) const {
  const std::string_view text = segment.text;
  std::size_t end = 0;  // of what has been given out
  const auto give = [&](std::size_t from, std::size_t to, std::optional<std::int32_t> id) {
    if (from < to)
      segments.push_back({std::string(text.substr(from, to - from)), id, segment.first && from == 0});
    end = to;
  };
  std::size_t from = 0;
  while (const auto match = trie.find(text, from)) {
    from = match->end;
    const AddedToken& token = tokens_.at(match->id);
    if (token.single_word && inside_word(text, match->begin, match->end)) continue;
    const std::size_t begin =
        token.strips_left ? without_space_before(text, match->begin, end) : match->begin;
    const std::size_t behind = token.strips_right ? without_space_behind(text, match->end) : match->end;
    if (end < begin) give(end, begin, {});
    give(begin, behind, match->id);
  }
  give(end, text.size(), {});
}

}  // namespace lp::tokenizing
