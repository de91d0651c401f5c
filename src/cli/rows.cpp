#include "cli/rows.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

bool is_empty(const Row& row) {
  return row.cells.size() == 1 && row.cells.front().empty();
}

}  // namespace

std::vector<Row> comma_rows(std::string_view text) {
  std::vector<Row> rows;
  std::size_t line = 1;
  Row row{.cells = {""}, .line = line};
  bool quoted = false;
  const auto end_row = [&] {
    if (!is_empty(row)) rows.push_back(std::move(row));
    row = {.cells = {""}, .line = line};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& cell = row.cells.back();
    line += c == '\n' ? 1 : 0;
    if (quoted && c == '"' && text.substr(i + 1).starts_with('"'))
      cell += text[i++];
    else if (c == '"' && (quoted || cell.empty()))
      quoted = !quoted;
    else if (!quoted && c == ',')
      row.cells.emplace_back();
    else if (!quoted && c == '\n')
      end_row();
    else if (quoted || c != '\r')
      cell += c;
  }
  end_row();
  return rows;
}

std::vector<Row> tab_rows(std::string_view text) {
  std::vector<Row> rows;
  std::size_t number = 0;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    Row row{.cells = {""}, .line = number};
    for (const char c : line)
      if (c == '\t')
        row.cells.emplace_back();
      else
        row.cells.back() += c;
    if (!is_empty(row)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lp::cli
