#include "cli/stream_output.hpp"

#include "cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace lp::cli {
namespace {

using nlohmann::json;

constexpr std::size_t usual_columns = 80;

std::size_t columns_of_terminal() {
  if (::isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : usual_columns;
}

/// Columns that text takes at most: letters beyond Latin, Greek and Cyrillic may be as wide as two.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) width += byte >= 0xE0 ? 2 : 1;
  }
  return width;
}

std::string joined(const std::vector<StreamWord>& words) {
  std::string text;
  for (const StreamWord& word : words) text += word.word;
  return text;
}

void print_line(const json& event) {
  print(event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

json event(std::string_view type, const std::vector<StreamWord>& words) {
  return {{"type", type},
          {"text", joined(words)},
          {"start", rounded(words.front().start, 3)},
          {"end", rounded(words.back().end, 3)},
          {"words", words_json(words)}};
}

}  // namespace

json words_json(const std::vector<StreamWord>& words) {
  json all = json::array();
  for (const StreamWord& word : words)
    all.push_back({{"word", word.word}, {"start", rounded(word.start, 3)}, {"end", rounded(word.end, 3)}});
  return all;
}

StreamText::StreamText() : columns_(columns_of_terminal()) {}

void StreamText::add(const std::string& word) {
  std::string text = plain(word);
  if (columns_ > 0 && !line_.empty() && width_of(line_) + width_of(text) >= columns_) {
    print("\n");
    line_.clear();
  }
  if (line_.empty()) text.erase(0, text.find_first_not_of(' '));
  line_ += text;
  print(text);
}

void StreamText::show(const StreamNews& news) {
  if (columns_ > 0) print("\r\033[K" + line_);
  for (const StreamWord& word : news.update.finals) add(word.word);
  if (columns_ == 0 && news.update.has_paused && !line_.empty()) {
    print("\n");
    line_.clear();
  }
  if (columns_ == 0) return;
  if (news.update.has_paused && !line_.empty()) {
    print("\n");
    line_.clear();
  }
  // The words that do not fit on the line come when those before them are final.
  std::string open;
  for (const StreamWord& word : news.update.open) {
    const std::string text = plain(word.word);
    if (width_of(line_) + width_of(open) + width_of(text) >= columns_) break;
    open += text;
  }
  if (!open.empty()) print(has_colour(STDOUT_FILENO) ? "\033[2m" + open + "\033[0m" : open);
}

void StreamText::end(const json& /*summary*/) {
  if (!line_.empty()) print("\n");
}

void StreamLines::show(const StreamNews& news) {
  const StreamUpdate& update = news.update;
  if (!update.finals.empty()) {
    json line = event("final", update.finals);
    for (std::size_t i = 0; i < news.waited.size(); ++i)
      line["words"][i]["latency_ms"] = rounded(news.waited[i], 1);
    line["clock_s"] = rounded(news.now, 3);
    line["latency_ms"] = rounded(news.final_ms, 1);
    print_line(line);
  }
  const std::string open = joined(update.open);
  if (open == last_ && update.finals.empty()) return;
  last_ = open;
  if (update.open.empty()) return;
  json line = event("partial", update.open);
  line["clock_s"] = rounded(news.now, 3);
  line["latency_ms"] = rounded(news.open_ms, 1);
  print_line(line);
}

void StreamLines::end(const json& summary) {
  print_line(summary);
}

}  // namespace lp::cli
