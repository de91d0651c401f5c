#include "tasks/tokenizer/normalizer.hpp"

#include "tasks/tokenizer/regex.hpp"
#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

template <NormalForm form>
Normalizer read_form(const Part&) {
  return [](std::string_view text) { return normal_form(text, form); };
}

Normalizer read_lowercase(const Part&) {
  return [](std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) append_lower(out, next_code_point(text, at));
    return out;
  };
}

Normalizer read_strip(const Part& part) {
  const bool left = part.flag("strip_left", true), right = part.flag("strip_right", true);
  return [left, right](std::string_view text) {
    const std::u32string points = code_points(text);
    std::size_t begin = 0, end = points.size();
    while (left && begin < end && is_white_space(points[begin])) ++begin;
    while (right && begin < end && is_white_space(points[end - 1])) --end;
    return utf8(std::u32string_view(points).substr(begin, end - begin));
  };
}

Normalizer read_strip_accents(const Part&) {
  return [](std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const char32_t code_point = next_code_point(text, at);
      if (!is_mark(code_point)) append(out, code_point);
    }
    return out;
  };
}

Normalizer read_replace(const Part& part) {
  return [pattern = Regex::read(part, "pattern"), content = part.text("content")](std::string_view text) {
    return pattern.replace(text, content);
  };
}

Normalizer read_prepend(const Part& part) {
  return [prefix = part.text("prepend")](std::string_view text) {
    return text.empty() ? std::string() : prefix + std::string(text);
  };
}

Normalizer read_sequence(const Part& part) {
  std::vector<Normalizer> steps;
  for (const Part& step : part.parts("normalizers")) steps.push_back(read_normalizer(step));
  return [steps](std::string_view text) {
    std::string out(text);
    for (const Normalizer& step : steps) out = step(out);
    return out;
  };
}

constexpr std::array<Kind<Normalizer>, 11> kinds = {{{"BertNormalizer", read_bert_normalizer},
                                                     {"Lowercase", read_lowercase},
                                                     {"NFC", read_form<NormalForm::nfc>},
                                                     {"NFD", read_form<NormalForm::nfd>},
                                                     {"NFKC", read_form<NormalForm::nfkc>},
                                                     {"NFKD", read_form<NormalForm::nfkd>},
                                                     {"Prepend", read_prepend},
                                                     {"Replace", read_replace},
                                                     {"Sequence", read_sequence},
                                                     {"Strip", read_strip},
                                                     {"StripAccents", read_strip_accents}}};

}  // namespace

Normalizer read_normalizer(const Part& part) {
  return read_kind<Normalizer>(part, kinds);
}

}  // namespace lp::tokenizing
