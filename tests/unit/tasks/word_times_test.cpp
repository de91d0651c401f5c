#include "tasks/word_times.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("the cheapest way goes where the costs are low") {
  // Three words in five columns: the low numbers show the way.
  const std::vector<float> costs = {0, 0, 9, 9, 9,  //
                                    9, 9, 0, 9, 9,  //
                                    9, 9, 9, 0, 0};
  CHECK(cheapest_way(costs, 3, 5) == std::vector<int>{0, 2, 3});
  CHECK(cheapest_way(std::vector<float>{1}, 1, 1) == std::vector<int>{0});
  CHECK(cheapest_way(std::vector<float>{1, 1, 1}, 3, 1) == std::vector<int>{0, 0, 0});
  CHECK(cheapest_way(std::vector<float>{1, 1, 1}, 1, 3) == std::vector<int>{0});
}

TEST_CASE("a word's usual length is the median, at most 0.7 s") {
  CHECK(usual_length({}) == 0);
  const std::vector<TimedWord> words = {{" a", 0, 0.2, 1}, {" b", 0.2, 0.6, 1}, {" c", 0.6, 0.6, 1}};
  CHECK(usual_length(words) == doctest::Approx(0.3));
  CHECK(usual_length(std::vector<TimedWord>{{" long", 0, 3, 1}}) == doctest::Approx(0.7));
}

TEST_CASE("the first word behind a pause is shortened, and a segment's times follow its words") {
  std::vector<TimedWord> words = {{" So", 10, 14, 1}, {" it", 14, 14.3, 1}};
  double start = 10, end = 14.5;
  fit_words(words, 0.3, 5, start, end);
  CHECK(words[0].start == doctest::Approx(13.4));
  CHECK(start == doctest::Approx(13.4));
  CHECK(end == doctest::Approx(14.3));
  std::vector<TimedWord> late = {{" end.", 1, 5, 1}};
  start = 1, end = 2;
  fit_words(late, 0.3, 4, start, end);
  CHECK(late[0].end == doctest::Approx(2));
  CHECK(end == doctest::Approx(2));
}

}  // namespace lp
