#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// A row of a table, and the line of the file that it begins in.
struct Row {
  std::vector<std::string> cells;
  std::size_t line = 0;
};

/// Rows of values with commas between them: RFC 4180, quotes, line breaks in quotes and all. Empty lines are
/// left out.
std::vector<Row> comma_rows(std::string_view text);

/// Rows of values with tabs between them, which no quotes change.
std::vector<Row> tab_rows(std::string_view text);

}  // namespace lp::cli
