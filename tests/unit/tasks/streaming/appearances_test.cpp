#include "tasks/streaming/appearances.hpp"

#include <doctest/doctest.h>

namespace lp {

TEST_CASE("a word is there since it has not changed") {
  const auto word = [](const char* text) { return StreamWord{.word = text}; };
  Appearances appearances;
  const std::vector<StreamWord> none, first = {word(" ask"), word(" note")},
                                      second = {word(" ask"), word(" not")};
  CHECK(appearances.show(none, first, 1).empty());
  CHECK(appearances.show(none, second, 2).empty());
  CHECK(appearances.show(std::vector{word(" Ask")}, std::vector{word(" not"), word(" what")}, 3) ==
        std::vector<double>{1});
  CHECK(appearances.show(std::vector{word(" not"), word(" what"), word(" you")}, none, 4) ==
        std::vector<double>{2, 3, 4});
}

TEST_CASE("a word that moves among the others stays the one that it was") {
  const auto word = [](const char* text) { return StreamWord{.word = text}; };
  const std::vector<StreamWord> none, first = {word(" so"), word(" my")},
                                      second = {word(" And"), word(" so"), word(" my")};
  Appearances appearances;
  appearances.show(none, first, 1);
  appearances.show(none, second, 2);
  CHECK(appearances.show(second, none, 3) == std::vector<double>{2, 1, 1});
}

TEST_CASE("a word that was gone is new when it comes back") {
  const std::vector<StreamWord> none, word = {{.word = " so"}};
  Appearances appearances;
  appearances.show(none, word, 1);
  appearances.show(none, none, 2);
  CHECK(appearances.show(word, none, 3) == std::vector<double>{3});
}

TEST_CASE("quantiles lie between values linearly") {
  CHECK(quantile({}, 0.5) == 0);
  CHECK(quantile({3}, 0.95) == 3);
  CHECK(quantile({4, 1, 3, 2}, 0.5) == doctest::Approx(2.5));
  CHECK(quantile({0, 10, 20}, 0.95) == doctest::Approx(19));
  CHECK(quantile({1, 2}, 1) == 2);
}

}  // namespace lp
