#include "base/git_blob.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {
namespace {

std::string blob(const std::string& text) {
  return git_blob(std::as_bytes(std::span(text)));
}

}  // namespace

// As `git hash-object --stdin` prints them (git 2.39).
TEST_CASE("git_blob: git's own names") {
  CHECK(blob("") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  CHECK(blob("hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(blob(std::string(47, 'a')) == "5e3bf7e629b4908cce461530c17a64365cb47303");
  CHECK(blob(std::string(48, 'a')) == "12d42395b020f44bb7710113b31f688d0ebeda7c");
  CHECK(blob(std::string(54, 'a')) == "60704cd2c753c0419b5d235cbf244ec4c696cded");
  CHECK(blob(std::string(55, 'a')) == "d1985ddc2983785702b9a90effd5aff2f7cfdca4");
  CHECK(blob(std::string(56, 'a')) == "1f973e890f52da1f22fa7e5620a628bc4ee74cb3");
  CHECK(blob(std::string(57, 'a')) == "d28c6cde5a5ab0b138bd53a288c23e8c011c4171");
  CHECK(blob(std::string(110, 'a')) == "1fcb14c5910397220c4f8d0dd2203c70116bd4e0");
  CHECK(blob(std::string(111, 'a')) == "d64a843f44190f041194ba87abf3cedc76eeb30e");
  CHECK(blob(std::string(119, 'a')) == "1325c3d76ea6a66e75dce490a0b8cb8b12233ee0");
  CHECK(blob(std::string(120, 'a')) == "253af86ee859905852357aee8bd83b08601364ae");
  CHECK(blob(std::string(1000, 'a')) == "a50be72b20f0e3f078d252e8e56b11b4bec67509");
}

}  // namespace lp
