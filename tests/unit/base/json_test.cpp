#include "base/json.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {
namespace {

/// An object in an object and so on: `levels` of them.
std::string nested(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += "{\"a\":";
  return text + "1" + std::string(levels, '}');
}

std::string refusal(const std::string& text) {
  try {
    parse_json(text, "m.json");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::bad_model);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("json: an object is read, anything else is one sentence") {
  CHECK(parse_json(R"({"a": [1, {"b": null}]})", "m.json")["a"][0] == 1);
  for (const char* text : {"", "[1]", "1", "null", "{", "{} {}", "{\"a\": \"\xff\"}"})
    CHECK_MESSAGE(refusal(text) == "m.json: not a JSON object", text);
}

TEST_CASE("json: what is nested too deeply is refused, however deep it is") {
  CHECK(refusal(nested(32)).empty());
  const std::string sentence = "m.json: nested more than 32 levels deep";
  CHECK(refusal(nested(33)) == sentence);
  CHECK(refusal(nested(300'000)) == sentence);
  CHECK(refusal("{\"a\":" + std::string(300'000, '[') + std::string(300'000, ']') + "}") == sentence);
  CHECK(refusal(std::string(300'000, '[')) == sentence);
}

TEST_CASE("json: who watches sees every key") {
  std::string keys;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::key) keys += parsed.get_ref<const std::string&>();
    return true;
  };
  parse_json(R"({"a": {"b": 1}, "a": 2})", "m.json", 2, watch);
  CHECK(keys == "aba");
}

}  // namespace lp
