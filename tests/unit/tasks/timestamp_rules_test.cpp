#include "tasks/timestamp_rules.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace lp {
namespace {

/// Words 0 to 9, 10 the end, 11 the start, 12 "no times", from 13 on times, 100 of them.
WhisperTokens some_tokens() {
  WhisperTokens tokens;
  tokens.start = 11;
  tokens.end = 10;
  tokens.no_timestamps = 12;
  tokens.first_time = 13;
  tokens.never = {3};
  tokens.not_first = {0, 10};
  return tokens;
}

/// Which tokens may follow, where all words are as likely as all times are unlikely.
std::vector<std::int32_t> allowed(const std::vector<std::int32_t>& said, float time_score = -20) {
  std::vector<float> scores(113, time_score);
  std::fill_n(scores.begin(), 13, 0.0F);
  apply_timestamp_rules(some_tokens(), said, scores);
  std::vector<std::int32_t> left;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (!std::isinf(scores[i])) left.push_back(static_cast<std::int32_t>(i));
  return left;
}

std::vector<std::int32_t> range(std::int32_t first, std::int32_t last) {
  std::vector<std::int32_t> all;
  for (std::int32_t i = first; i <= last; ++i) all.push_back(i);
  return all;
}

}  // namespace

TEST_CASE("a text begins with a time of at most one second") {
  CHECK(allowed({}) == range(13, 13 + 50));
}

TEST_CASE("behind a first time come words, and not what is never said") {
  const std::vector<std::int32_t> left = allowed({13});
  CHECK(left == std::vector<std::int32_t>{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("behind words come words or later times") {
  std::vector<std::int32_t> wanted = {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11};
  for (const std::int32_t time : range(21, 112)) wanted.push_back(time);
  CHECK(allowed({20, 5}) == wanted);
}

TEST_CASE("behind a segment's end come the same time or a later one, or the end") {
  std::vector<std::int32_t> wanted = {10, 11};
  for (const std::int32_t time : range(30, 112)) wanted.push_back(time);
  CHECK(allowed({20, 5, 30}) == wanted);
}

TEST_CASE("behind two times come words") {
  CHECK(allowed({20, 5, 30, 30}) == std::vector<std::int32_t>{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("it is a time where all times together are likelier than the likeliest word") {
  // 92 times of exp(-4) are more than one word's 1.
  CHECK(allowed({20, 5}, -4).front() == 21);
  CHECK(allowed({20, 5}, -5).front() == 0);
}

}  // namespace lp
