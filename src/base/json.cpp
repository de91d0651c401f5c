#include "base/json.hpp"

#include "base/error.hpp"

template class nlohmann::basic_json<>;

namespace lp {

using nlohmann::json;

json parse_json(std::string_view text, std::string_view what, int max_depth,
                const json::parser_callback_t& watch) {
  const auto guard = [&](int depth, json::parse_event_t event, json& parsed) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= max_depth)
      fail(Fault::bad_model, "{}: nested more than {} levels deep", what, max_depth);
    return watch == nullptr || watch(depth, event, parsed);
  };
  // Without exceptions of its own, whose texts quote the file's bytes.
  json parsed = json::parse(text.begin(), text.end(), guard, false);
  if (!parsed.is_object()) fail(Fault::bad_model, "{}: not a JSON object", what);
  return parsed;
}

std::string text_of(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace lp
