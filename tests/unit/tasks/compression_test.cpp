#include "tasks/compression.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {

TEST_CASE("what repeats itself packs far better than what does not") {
  CHECK(compression_ratio("") == 0);
  // Python's len(text) / len(zlib.compress(text)): 43 / 50.
  CHECK(compression_ratio("The quick brown fox jumps over the lazy dog") == doctest::Approx(43.0 / 50.0));
  std::string loop;
  for (int i = 0; i < 20; ++i) loop += " I always am.";
  CHECK(compression_ratio(loop) > 2.4);
}

}  // namespace lp
