#include "tasks/tokenizer/regex.hpp"

#include "base/error.hpp"
#include "tasks/tokenizer/part.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

namespace lp::tokenizing {
namespace {

// A million characters in one match take about as many steps and 100 MB; a pattern that backtracks without
// end takes ten million in about a second.
constexpr std::uint32_t most_steps = 10'000'000;
constexpr std::uint32_t most_memory_kib = 256 * 1024;

struct MatchState {
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data;
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context;

  explicit MatchState(const pcre2_code* code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free),
        context(pcre2_match_context_create(nullptr), &pcre2_match_context_free) {
    if (data == nullptr || context == nullptr) throw std::bad_alloc();
    pcre2_set_match_limit(context.get(), most_steps);
    pcre2_set_heap_limit(context.get(), most_memory_kib);
  }
};

std::string message(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR bytes(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

/// Bytes of the character at `at`.
std::size_t step(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (static_cast<unsigned char>(text[at + size]) & 0xC0U) == 0x80) ++size;
  return size;
}

}  // namespace

std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       static_cast<unsigned char>(c) >= 0x80;
    if (c == '\0') {
      pattern += "\\x{0}";
    } else {
      if (!plain) pattern += '\\';
      pattern += c;
    }
  }
  return pattern;
}

Regex::Regex(std::string pattern, std::string_view where) : pattern_(std::move(pattern)) {
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
  if (context == nullptr) throw std::bad_alloc();
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  std::size_t place = 0;
  pcre2_code* const code =
      pcre2_compile(bytes(pattern_), pattern_.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &error, &place,
                    context.get());
  if (code == nullptr)
    fail(Fault::bad_model, "{}: the regular expression '{}' is wrong at byte {}: {}", where, pattern_, place,
         message(error));
  code_ = {code, &pcre2_code_free};
}

Regex Regex::read(const Part& part, std::string_view key) {
  const Part pattern = part.part(key);
  if (pattern.has("String")) return {literal_pattern(pattern.text("String")), pattern.where()};
  return {pcre2_pattern(pattern.text("Regex"), pattern.where()), pattern.where()};
}

std::vector<Range> Regex::cut(std::string_view text) const {
  std::vector<Range> ranges;
  const MatchState state(code_.get());
  std::size_t end = 0;
  for (std::size_t from = 0; from <= text.size();) {
    const int found = pcre2_match(code_.get(), bytes(text), text.size(), from, PCRE2_NO_UTF_CHECK,
                                  state.data.get(), state.context.get());
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0)
      fail(Fault::bad_input, "the tokenizer's regular expression '{}' cannot be applied to this text: {}",
           pattern_, message(found));
    const std::size_t* const place = pcre2_get_ovector_pointer(state.data.get());
    const std::size_t first = place[0], last = place[1];
    if (first > last || first < end)  // \K in a lookahead
      fail(Fault::bad_model, "the tokenizer's regular expression '{}' matches backwards", pattern_);
    const bool repeated = first == last && !ranges.empty() && last == end;
    if (!repeated) {
      if (end < first) ranges.push_back({end, first, false});
      ranges.push_back({first, last, true});
      end = last;
    }
    from = first == last ? last + (last < text.size() ? step(text, last) : 1) : last;
  }
  if (end < text.size()) ranges.push_back({end, text.size(), false});
  return ranges;
}

std::vector<std::string_view> Regex::groups_at(std::string_view text, std::size_t at) const {
  const MatchState state(code_.get());
  const int found = pcre2_match(code_.get(), bytes(text), text.size(), at,
                                PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, state.data.get(), state.context.get());
  if (found == PCRE2_ERROR_NOMATCH) return {};
  if (found < 0)
    fail(Fault::bad_input, "the regular expression '{}' cannot be applied to this text: {}", pattern_,
         message(found));
  const std::size_t* const places = pcre2_get_ovector_pointer(state.data.get());
  std::vector<std::string_view> groups(pcre2_get_ovector_count(state.data.get()));
  for (std::size_t i = 0; i < static_cast<std::size_t>(found); ++i)
    if (places[2 * i] != PCRE2_UNSET)
      groups[i] = text.substr(places[2 * i], places[2 * i + 1] - places[2 * i]);
  return groups;
}

std::string Regex::replace(std::string_view text, std::string_view replacement) const {
  std::string out;
  for (const Range& range : cut(text))
    out += range.match ? replacement : text.substr(range.begin, range.end - range.begin);
  return out;
}

}  // namespace lp::tokenizing
