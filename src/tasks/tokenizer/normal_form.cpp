#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace lp::tokenizing {
namespace {

/// Canonical_Combining_Class.
int combining_class(std::int32_t code_point) {
  return utf8proc_get_property(code_point)->combining_class;
}

/// Adds the normal form of code points that stand apart from their neighbours.
void append_normal(std::string& out, std::u32string_view part, NormalForm form) {
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  const auto decompose = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                        (compatible ? UTF8PROC_COMPAT : 0));
  std::vector<std::int32_t> found;
  found.reserve(part.size());
  std::array<std::int32_t, 32> pieces{};  // the longest, U+FDFA, has 18
  int boundary = 0;
  for (const char32_t code_point : part) {
    const utf8proc_ssize_t count = utf8proc_decompose_char(
        static_cast<std::int32_t>(code_point), pieces.data(), std::ssize(pieces), decompose, &boundary);
    found.insert(found.end(), pieces.begin(), pieces.begin() + std::clamp<std::ptrdiff_t>(count, 0, 32));
  }
  // Marks in canonical order. utf8proc_decompose would do it as well, in quadratic time.
  for (auto at = found.begin(); at != found.end();) {
    if (combining_class(*at) == 0) {
      ++at;
      continue;
    }
    const auto end = std::find_if(at, found.end(), [](std::int32_t c) { return combining_class(c) == 0; });
    std::stable_sort(at, end,
                     [](std::int32_t a, std::int32_t b) { return combining_class(a) < combining_class(b); });
    at = end;
  }
  auto count = std::ssize(found);
  if (form == NormalForm::nfc || form == NormalForm::nfkc)
    count = utf8proc_normalize_utf32(found.data(), count,
                                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (std::ptrdiff_t i = 0; i < count; ++i)
    append(out, static_cast<char32_t>(found[static_cast<std::size_t>(i)]));
}

}  // namespace

std::u32string newest_normal_form(std::u32string_view text, NormalForm form) {
  std::string out;
  append_normal(out, text, form);
  return code_points(out);
}

std::string normal_form(std::string_view text, NormalForm form) {
  if (is_ascii(text)) return std::string(text);
  const std::u32string points = code_points(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t begin = 0; begin < points.size();) {
    std::size_t end = begin;
    while (end < points.size() && !is_after_unicode_9(points[end])) ++end;
    append_normal(out, std::u32string_view(points).substr(begin, end - begin), form);
    for (; end < points.size() && is_after_unicode_9(points[end]); ++end) append(out, points[end]);
    begin = end;
  }
  return out;
}

}  // namespace lp::tokenizing
