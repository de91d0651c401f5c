#include "cli/rows.hpp"

#include <doctest/doctest.h>

namespace lp::cli {
namespace {

using Cells = std::vector<std::string>;

TEST_CASE("commas, quotes and line breaks in quotes") {
  const std::vector<Row> rows =
      comma_rows("path,text\r\n\na.wav,\"one, \"\"two\"\"\nthree\"\nb.wav,it \"is\",\n");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].cells == Cells{"path", "text"});
  CHECK(rows[1].cells == Cells{"a.wav", "one, \"two\"\nthree"});
  CHECK(rows[1].line == 3);
  CHECK(rows[2].cells == Cells{"b.wav", "it \"is\"", ""});
  CHECK(rows[2].line == 5);
  CHECK(comma_rows("").empty());
  CHECK(comma_rows("a,\"open").front().cells == Cells{"a", "open"});
}

TEST_CASE("tabs, and quotes that mean themselves") {
  const std::vector<Row> rows = tab_rows("a.wav\t\"hm\", she said\r\n\n\tx");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].cells == Cells{"a.wav", "\"hm\", she said"});
  CHECK(rows[1].cells == Cells{"", "x"});
  CHECK(rows[1].line == 3);
}

}  // namespace
}  // namespace lp::cli
