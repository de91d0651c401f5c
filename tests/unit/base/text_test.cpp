#include "base/text.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace lp {

TEST_CASE("globs") {
  CHECK(glob_match("*", ""));
  CHECK(glob_match("model.22.cv?.?.2", "model.22.cv2.0.2"));
  CHECK_FALSE(glob_match("model.22.cv?.?.2", "model.22.cv2.0.1"));
  CHECK(glob_match("*.norm*", "a.b.norm1.x"));
  CHECK_FALSE(glob_match("a*b", "acd"));
  CHECK(glob_match("a*b*c", "axxbxxbxc"));
}

TEST_CASE("numbers are read whole or not at all") {
  CHECK(parse_real("0.5") == 0.5);
  CHECK(parse_real("-1e-3") == -1e-3);
  CHECK_FALSE(parse_real("").has_value());
  CHECK_FALSE(parse_real("0.5x").has_value());
  CHECK_FALSE(parse_real(" 1").has_value());
  CHECK_FALSE(parse_real("none").has_value());
}

TEST_CASE("lines without their ends, none of them empty") {
  CHECK(lines_of("a b\r\n\n\r\nc\nlast") == std::vector<std::string>{"a b", "c", "last"});
  CHECK(lines_of("\n\n").empty());
  CHECK(lines_of("").empty());
}

TEST_CASE("the nearest name has the fewest edits") {
  const std::vector<std::string> names = {"silu", "sigmoid", "slice"};
  CHECK(nearest("siluu", names) == "silu");
  CHECK(nearest("slise", names) == "slice");
  CHECK(nearest("x", {}).empty());
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("hex digits, all of them and no more") {
  CHECK(is_hex("0af9", 4));
  for (const char* text : {"", "0af", "0af90", "0AF9", "0afg"}) CHECK_FALSE(is_hex(text, 4));
}

TEST_CASE("a list of names for a message ends after ten") {
  CHECK(listed({}).empty());
  std::vector<std::string> names(10, "a");
  CHECK(listed(names) == "a, a, a, a, a, a, a, a, a, a");
  names.insert(names.end(), 3, "b");
  CHECK(listed(names) == "a, a, a, a, a, a, a, a, a, a and 3 more");
}

}  // namespace lp
