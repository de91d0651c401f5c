#include "tasks/tokenizer/normalizer.hpp"
#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

namespace lp::tokenizing {
namespace {

/// Without control characters and U+FFFD, and with a plain space for each white space.
std::string clean(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == '\t' || c == '\n' || c == '\r')
      out += ' ';
    else if (c != 0xFFFD && !is_control(c))
      append(out, is_white_space(c) ? U' ' : c);
  }
  return out;
}

std::string spaced_ideographs(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    const bool spaced = is_ideograph(c);
    if (spaced) out += ' ';
    append(out, c);
    if (spaced) out += ' ';
  }
  return out;
}

std::string without_accents(std::string_view text) {
  const std::string decomposed = normal_form(text, NormalForm::nfd);
  std::string out;
  for (std::size_t at = 0; at < decomposed.size();) {
    const char32_t c = next_code_point(decomposed, at);
    if (!is_nonspacing_mark(c)) append(out, c);
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) append_lower(out, next_code_point(text, at));
  return out;
}

}  // namespace

Normalizer read_bert_normalizer(const Part& part) {
  const bool cleaned = part.flag("clean_text", true);
  const bool ideographs = part.flag("handle_chinese_chars", true);
  const bool lower = part.flag("lowercase", true);
  const bool accents = part.flag("strip_accents", lower);
  return [=](std::string_view text) {
    std::string out = cleaned ? clean(text) : std::string(text);
    if (ideographs) out = spaced_ideographs(out);
    if (accents) out = without_accents(out);
    if (lower) out = lower_case(out);
    return out;
  };
}

}  // namespace lp::tokenizing
