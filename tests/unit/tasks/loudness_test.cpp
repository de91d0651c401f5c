#include "tasks/loudness.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <vector>

namespace lp {
namespace {

TEST_CASE("loudness: of the loudest 20 ms") {
  std::vector<float> samples(1000, 0.0F);
  for (std::size_t i = 320; i < 640; ++i) samples[i] = i % 2 == 0 ? 0.5F : -0.5F;
  CHECK(loudness(samples) == doctest::Approx(0.5));
  CHECK(loudness(std::vector<float>(10, -0.25F)) == doctest::Approx(0.25));  // the last ones may be fewer
  CHECK(loudness({}) == 0.0F);
}

TEST_CASE("loudness: a silent beginning ends where 20 ms are loud") {
  std::vector<float> samples(1000, 0.001F);
  CHECK(silent_beginning(samples, 0.01F) == 1000);
  samples[700] = 1;
  CHECK(silent_beginning(samples, 0.01F) == 640);
  CHECK(silent_beginning({}, 0.01F) == 0);
}

TEST_CASE("a part between two times, as far as there is sound") {
  std::vector<float> samples(32000);
  std::iota(samples.begin(), samples.end(), 0.0F);
  CHECK(part_of(samples, 0.5, 1.0).size() == 8000);
  CHECK(part_of(samples, 0.5, 1.0).front() == 8000.0F);
  CHECK(part_of(samples, -1, 0.25).size() == 4000);
  CHECK(part_of(samples, 1.5, 9).size() == 8000);
  CHECK(part_of(samples, 1.5, 1).empty());
  CHECK(part_of(samples, 3, 4).empty());
}

}  // namespace
}  // namespace lp
