#include "tasks/whisper_tokens.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

#include <algorithm>

namespace lp {
namespace {

/// Whole numbers of a list of the configuration; none where it is absent or something else.
std::vector<std::int32_t> ids_of(const nlohmann::json& config, const char* key) {
  std::vector<std::int32_t> ids;
  if (!config.contains(key) || !config[key].is_array()) return ids;
  for (const nlohmann::json& id : config[key])
    if (id.is_number_integer()) ids.push_back(id.get<std::int32_t>());
  return ids;
}

}  // namespace

WhisperTokens whisper_tokens(const Model& model, const Tokenizer& tokenizer) {
  const auto need = [&](std::string_view spelling) {
    const auto id = tokenizer.id(spelling);
    if (!id) fail(Fault::bad_model, "{}: its tokenizer has no token {}", model.name, spelling);
    return *id;
  };
  WhisperTokens tokens;
  tokens.start = need("<|startoftranscript|>");
  tokens.end = need("<|endoftext|>");
  tokens.no_timestamps = need("<|notimestamps|>");
  tokens.first_time = tokens.no_timestamps + 1;
  tokens.no_speech = tokens.no_timestamps - 1;
  tokens.before = need("<|startofprev|>");
  const nlohmann::json config = model.info.config.value("generation", nlohmann::json::object());
  // English models spell all languages, too, but were trained without.
  if (config.value("is_multilingual", true)) {
    tokens.transcribe = need("<|transcribe|>");
    tokens.translate = need("<|translate|>");
    for (std::int32_t id = tokens.start + 1; id < tokens.translate; ++id)
      if (const auto spelling = tokenizer.token(id); spelling && spelling->size() > 4)
        tokens.languages.emplace(spelling->substr(2, spelling->size() - 4), id);
  }
  tokens.never = ids_of(config, "suppress_tokens");
  tokens.not_first = ids_of(config, "begin_suppress_tokens");
  return tokens;
}

}  // namespace lp
