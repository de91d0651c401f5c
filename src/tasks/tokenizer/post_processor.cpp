#include "tasks/tokenizer/post_processor.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

/// The id of [TOKEN, ID].
std::int32_t pair_id(const Part& part, std::string_view key) {
  const nlohmann::json& pair = part[key];
  const auto id = pair.is_array() && pair.size() == 2 ? token_id(pair[1]) : std::nullopt;
  if (!id) part.wrong(key, "a pair of a token and its id");
  return *id;
}

Frame read_class_and_separator(const Part& part) {
  return {{pair_id(part, "cls")}, {pair_id(part, "sep")}};
}

Frame read_nothing(const Part&) {
  return {};
}

/// The ids of the special token that a piece of the template names.
std::vector<std::int32_t> special_ids(const Part& part, const Part& piece) {
  const Part token = part.part("special_tokens").part(piece.text("id"));
  const nlohmann::json& list = token["ids"];
  if (!list.is_array()) token.wrong("ids", "an array");
  std::vector<std::int32_t> ids;
  for (const nlohmann::json& value : list) {
    const auto id = token_id(value);
    if (!id) token.wrong("ids", "an array of ids");
    ids.push_back(*id);
  }
  return ids;
}

Frame read_template(const Part& part) {
  Frame frame;
  int texts = 0;
  for (const Part& piece : part.parts("single")) {
    if (piece.has("Sequence")) {
      if (piece.part("Sequence").text("id") != "A") piece.wrong("Sequence", "the sequence A");
      ++texts;
      continue;
    }
    const std::vector<std::int32_t> ids = special_ids(part, piece.part("SpecialToken"));
    std::vector<std::int32_t>& side = texts > 0 ? frame.behind : frame.before;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (texts != 1) fail(Fault::bad_model, "{}.single has the text {} times, wanted once", part.where(), texts);
  return frame;
}

Frame read_sequence(const Part& part) {
  Frame frame;
  for (const Part& step : part.parts("processors")) {
    const Frame outer = read_post_processor(step);
    frame.before.insert(frame.before.begin(), outer.before.begin(), outer.before.end());
    frame.behind.insert(frame.behind.end(), outer.behind.begin(), outer.behind.end());
  }
  return frame;
}

constexpr std::array<Kind<Frame>, 5> kinds = {{{"BertProcessing", read_class_and_separator},
                                               {"ByteLevel", read_nothing},
                                               {"RobertaProcessing", read_class_and_separator},
                                               {"Sequence", read_sequence},
                                               {"TemplateProcessing", read_template}}};

}  // namespace

Frame read_post_processor(const Part& part) {
  return read_kind<Frame>(part, kinds);
}

}  // namespace lp::tokenizing
