#include "tasks/text_encoder.hpp"

#include <doctest/doctest.h>

#include <set>

namespace lp {

TEST_CASE("every length has a bucket that holds it, there are few, and the model's own is the last") {
  std::set<int> buckets;
  for (std::size_t tokens = 1; tokens <= 512; ++tokens) {
    const int length = text_bucket(tokens, 512);
    CHECK(length >= static_cast<int>(tokens));
    CHECK(length - static_cast<int>(tokens) < 128);
    CHECK(text_bucket(static_cast<std::size_t>(length), 512) == length);
    buckets.insert(length);
  }
  CHECK(buckets.size() == 10);
  CHECK(*buckets.rbegin() == 512);
  CHECK(text_bucket(70, 77) == 77);
  CHECK(text_bucket(0, 77) == 16);
}

}  // namespace lp
