#pragma once
#include "base/error.hpp"
#include "base/json.hpp"
#include "tasks/tokenizer/part.hpp"

#include <string>

namespace lp::tokenizing {

/// The part that a JSON text describes, handed to a reader; named "t.json".
template <class Read>
auto read_json(Read read, const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  return read(Part(json, "t.json"));
}

/// The sentence of the Error that a call throws; "" if it throws none.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace lp::tokenizing
