#include "tasks/tokenizer/vocabulary.hpp"

#include <algorithm>

namespace lp::tokenizing {

Vocabulary Vocabulary::read(const Part& model) {
  const nlohmann::json& entries = model["vocab"];
  if (!entries.is_object()) model.wrong("vocab", "an object of tokens and their ids");
  Vocabulary vocabulary;
  vocabulary.ids_.reserve(entries.size());
  vocabulary.tokens_.reserve(entries.size());
  for (const auto& [token, value] : entries.items()) {
    const auto id = token_id(value);
    if (!id)
      fail(Fault::bad_model, "{}.vocab: the id of '{}' is {}, wanted a whole number below 2^31",
           model.where(), token,
           value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).substr(0, 60));
    vocabulary.set(token, *id);
  }
  return vocabulary;
}

void Vocabulary::set(std::string_view token, std::int32_t id) {
  const auto place = ids_.insert_or_assign(std::string(token), id).first;
  tokens_.insert_or_assign(id, &place->first);
  longest_ = std::max(longest_, token.size());
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found != ids_.end() ? std::optional(found->second) : std::nullopt;
}

const std::string* Vocabulary::token(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found != tokens_.end() ? found->second : nullptr;
}

}  // namespace lp::tokenizing
