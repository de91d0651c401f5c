#include "cli/output.hpp"

#include "base/error.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace lp::cli {

void print(std::string_view text, const std::function<void()>& waits) {
  constexpr int look_ms = 100;
  while (!text.empty()) {
    // A signal may meet another thread, and does not end a write then.
    pollfd ready{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (waits && ::poll(&ready, 1, look_ms) <= 0) {
      waits();
      continue;
    }
    // Of so many bytes, none wait in a pipe that has room.
    const std::string_view part = waits ? text.substr(0, PIPE_BUF) : text;
    const ssize_t taken = ::write(STDOUT_FILENO, part.data(), part.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && errno == EPIPE) throw OutputClosed();
    if (taken < 0) fail(Fault::io, "standard output: {}", std::generic_category().message(errno));
    text.remove_prefix(static_cast<std::size_t>(taken));
  }
}

namespace {

/// `value` on indented lines, a list of numbers on one.
void write_json(std::string& text, const nlohmann::json& value, std::size_t indent) {
  const auto is_number = [](const nlohmann::json& item) { return item.is_number(); };
  const bool numbers = value.is_array() && std::all_of(value.begin(), value.end(), is_number);
  if (!value.is_structured() || value.empty() || numbers) {
    text += value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  const bool object = value.is_object();
  text += object ? '{' : '[';
  for (auto item = value.begin(); item != value.end(); ++item) {
    text += item == value.begin() ? "\n" : ",\n";
    text.append(indent + 2, ' ');
    if (object)
      text +=
          nlohmann::json(item.key()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ": ";
    write_json(text, *item, indent + 2);
  }
  text += '\n';
  text.append(indent, ' ');
  text += object ? '}' : ']';
}

}  // namespace

void print_json(const nlohmann::json& document) {
  std::string text;
  write_json(text, document, 0);
  print(text + "\n");
}

double rounded(double value, int digits) {
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale;
}

namespace {

/// Characters of UTF-8 text: bytes that do not go on with one.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows, const std::vector<std::size_t>& right) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool flush_right = std::find(right.begin(), right.end(), i) != right.end();
      const std::string cell = plain(row[i]), blanks(widths[i] - width_of(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (flush_right ? blanks + cell : cell + blanks);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += (&row == &rows.front() ? heading(line) : line) + "\n";
  }
  return text;
}

bool has_colour(int descriptor) {
  const char* const off =
      std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return (off == nullptr || *off == 0) && ::isatty(descriptor) != 0;
}

std::string heading(const std::string& text) {
  return has_colour(STDOUT_FILENO) ? "\033[1m" + text + "\033[0m" : text;
}

std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xC2 && i + 1 < text.size() && (text[i + 1] & 0xE0) == 0x80;  // U+0080 to U+009F
    out += byte < 32 || byte == 127 || c1 ? '?' : text[i];
    i += c1 ? 1 : 0;
  }
  return out;
}

std::string human_size(double bytes) {
  constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; bytes >= 1000 && unit + 1 < units.size(); ++unit) bytes /= 1000;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

Progress::Progress(bool shown, std::size_t total)
    : shown_(shown && ::isatty(STDERR_FILENO) != 0), total_(total) {}

Progress::~Progress() {
  clear();
}

void Progress::step(const std::string& what) {
  ++done_;
  what_ = total_ > 1 ? fmt::format("{}/{} {}", done_, total_, what) : what;
  if (!shown_ || total_ < 2) return;
  std::fputs(fmt::format("\r\033[K{}", what_).c_str(), stderr);
  written_ = true;
}

void Progress::note(const std::string& how_far) {
  constexpr std::chrono::milliseconds pause(100);
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || (noted_ && now - *noted_ < pause)) return;
  noted_ = now;
  std::fputs(fmt::format("\r\033[K{}: {}", what_, how_far).c_str(), stderr);
  written_ = true;
}

void Progress::clear() {
  if (std::exchange(written_, false)) std::fputs("\r\033[K", stderr);
}

}  // namespace lp::cli
