#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

// Made once, in json.cpp: a third of the time that a source with JSON took to compile went into these.
extern template class nlohmann::basic_json<>;

namespace lp {

/// How deep a JSON text may be nested, unless its format says otherwise: copying, comparing and writing a
/// value take stack for each level. A manifest that we write has six.
inline constexpr int deepest_json = 32;

/// The JSON object that `text` holds. `what` names it in messages: its file, and its place there. `watch`
/// sees every event of the parser, after the depth has been checked; it may throw.
/// @throws Error{bad_model} if the text is no JSON object or has more than `max_depth` levels.
nlohmann::json parse_json(std::string_view text, std::string_view what, int max_depth = deepest_json,
                          const nlohmann::json::parser_callback_t& watch = nullptr);

/// The text under `key`; "" where there is none, or something else. `object`: a JSON object.
std::string text_of(const nlohmann::json& object, const char* key);

}  // namespace lp
