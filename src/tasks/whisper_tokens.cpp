#include "tasks/whisper_tokens.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "models/config_file.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace lp {
namespace {

/// Tokens of a list of the configuration; none where it is absent or something else.
std::vector<std::int32_t> ids_of(const nlohmann::json& config, const char* key, std::int64_t vocabulary) {
  std::vector<std::int32_t> ids;
  if (!config.contains(key) || !config[key].is_array()) return ids;
  for (const nlohmann::json& id : config[key])
    if (id.is_number_integer() && id.get<std::int64_t>() >= 0 && id.get<std::int64_t>() < vocabulary)
      ids.push_back(id.get<std::int32_t>());
  return ids;
}

/// Marks that stand for what is no speech, speakers' names and notes in brackets; those of music are one
/// character of several tokens each.
constexpr std::array<std::string_view, 47> marks = {
    "\"",  "#",  "(",  ")",  "*",   "+",  "/",  ":",   ";",   "<",  "=",  ">",  "@",  "[",   "\\",  "]",
    "^",   "_",  "`",  "{",  "|",   "}",  "~",  "「",  "」",  "『", "』", "<<", ">>", "<<<", ">>>", "--",
    "---", "-(", "-[", "('", "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪",  "♪♪♪"};
constexpr std::array<std::string_view, 7> music = {"♩", "♪", "♫", "♬", "♭", "♮", "♯"};

/// What is never said, where the checkpoint has no list of it. Source: openai/whisper, tokenizer.py
/// (non_speech_tokens) and decoding.py (_get_suppress_tokens).
std::vector<std::int32_t> never_said(const Tokenizer& tokenizer, const WhisperTokens& tokens) {
  std::set<std::int32_t> never = {tokens.start, tokens.before, tokens.no_speech};
  for (const std::string_view spelling : {"<|translate|>", "<|transcribe|>", "<|startoflm|>"})
    if (const auto id = tokenizer.id(spelling)) never.insert(*id);
  const auto add = [&](std::string_view mark, bool first_of_several) {
    for (const std::string_view space : {"", " "}) {
      const std::vector<std::int32_t> ids = tokenizer.encode_plain(fmt::format("{}{}", space, mark));
      if (ids.size() == 1 || (first_of_several && !ids.empty())) never.insert(ids.front());
    }
  };
  for (const std::string_view mark : marks) add(mark, false);
  for (const std::string_view mark : music) add(mark, true);
  // Within words both are welcome.
  for (const std::string_view mark : {" -", " '"})
    if (const auto ids = tokenizer.encode_plain(mark); !ids.empty()) never.insert(ids.front());
  return {never.begin(), never.end()};
}

/// Those of never_said that a note on a sound begins with.
std::vector<std::int32_t> notes_among(std::span<const std::int32_t> never, const Tokenizer& tokenizer,
                                      const WhisperTokens& tokens) {
  constexpr std::array<std::string_view, 4> openings = {"[", "(", "*",
                                                        "\xE2\x99"};  // the last: ♩ to ♯, whole or not
  std::vector<std::int32_t> notes;
  for (const std::int32_t id : never) {
    if (!tokens.is_text(id)) continue;
    const std::string text = tokenizer.decode(std::span(&id, 1), false);
    const std::string_view mark = std::string_view(text).substr(text.starts_with(' ') ? 1 : 0);
    if (std::ranges::any_of(openings, [&](std::string_view opening) { return mark.starts_with(opening); }))
      notes.push_back(id);
  }
  return notes;
}

}  // namespace

WhisperTokens whisper_tokens(const Model& model, const Tokenizer& tokenizer) {
  const std::int64_t vocabulary = models::stored_size(model.info.config, "vocabulary", 1 << 22);
  const auto need = [&](std::string_view spelling) {
    const auto id = tokenizer.id(spelling);
    if (!id || *id < 0 || *id >= vocabulary)
      fail(Fault::bad_model, "{}: its tokenizer has no token {} among the {} that the model knows",
           model.name, spelling, vocabulary);
    return *id;
  };
  WhisperTokens tokens;
  tokens.start = need("<|startoftranscript|>");
  tokens.end = need("<|endoftext|>");
  tokens.no_timestamps = need("<|notimestamps|>");
  tokens.first_time = tokens.no_timestamps + 1;
  tokens.no_speech = tokens.no_timestamps - 1;
  tokens.before = need("<|startofprev|>");
  if (tokens.no_timestamps < 1 || tokens.first_time >= vocabulary)
    fail(Fault::bad_model, "{}: its tokenizer has no tokens for times", model.name);
  nlohmann::json config = nlohmann::json::object();
  if (const auto found = model.info.config.find("generation");
      found != model.info.config.end() && found->is_object())
    config = *found;
  // English models spell all languages, too, but were trained without; the multilingual ones have a token
  // more.
  constexpr std::int64_t multilingual_vocabulary = 51865;
  if (models::config_flag(config, "is_multilingual", vocabulary >= multilingual_vocabulary)) {
    tokens.transcribe = need("<|transcribe|>");
    tokens.translate = need("<|translate|>");
    for (std::int32_t id = tokens.start + 1; id < tokens.translate; ++id)
      if (const auto spelling = tokenizer.token(id); spelling && spelling->size() > 4)
        tokens.languages.emplace(spelling->substr(2, spelling->size() - 4), id);
  }
  tokens.never = config.contains("suppress_tokens") ? ids_of(config, "suppress_tokens", vocabulary)
                                                    : never_said(tokenizer, tokens);
  tokens.not_first = ids_of(config, "begin_suppress_tokens", vocabulary);
  if (const auto blank = tokenizer.encode_plain(" ");
      !config.contains("begin_suppress_tokens") && !blank.empty())
    tokens.not_first = {blank.front(), tokens.end};
  tokens.notes = notes_among(never_said(tokenizer, tokens), tokenizer, tokens);
  std::erase_if(tokens.notes, [&](std::int32_t id) { return id >= vocabulary; });
  std::erase_if(tokens.never, [&](std::int32_t id) { return id >= vocabulary; });
  std::erase_if(tokens.not_first, [&](std::int32_t id) { return id >= vocabulary; });
  return tokens;
}

}  // namespace lp
