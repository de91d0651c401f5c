#include "tasks/missed_speech.hpp"

#include <doctest/doctest.h>

#include <numeric>

namespace lp {
namespace {

constexpr float audible = 0.01F;

/// Thirty seconds: something can be heard between these.
std::vector<float> sound(double from, double to) {
  std::vector<float> samples(30 * 16000);
  for (auto i = static_cast<std::size_t>(from * 16000); i < static_cast<std::size_t>(to * 16000); ++i)
    samples[i] = i % 2 == 0 ? 0.1F : -0.1F;
  return samples;
}

std::vector<std::int32_t> numbers(std::int32_t first, std::size_t count) {
  std::vector<std::int32_t> all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

/// Words of one token each that begin and end at these times.
auto words_at(std::vector<std::pair<double, double>> times) {
  return [times](std::span<const std::int32_t> text) {
    CHECK(text.size() == times.size());
    std::vector<TimedWord> words;
    for (const auto& [start, end] : times) words.push_back({" word", start, end, 1});
    return words;
  };
}

TEST_CASE("runs of tokens: of another text, and of the same") {
  const auto before = numbers(0, 300);
  CHECK(shares_run(numbers(100, 10), before, 10));
  CHECK_FALSE(shares_run(numbers(100, 9), before, 10));
  CHECK(shares_run(numbers(290, 30), before, 10));
  CHECK_FALSE(shares_run(numbers(291, 30), before, 10));
  CHECK_FALSE(shares_run({}, before, 10));
  CHECK_FALSE(shares_run(numbers(0, 20), {}, 10));

  CHECK(repeats_itself(std::vector<std::int32_t>{1, 2, 3, 1, 2}, 2));
  CHECK(repeats_itself(std::vector<std::int32_t>{1, 1, 1}, 2));
  CHECK_FALSE(repeats_itself(std::vector<std::int32_t>{1, 2, 3, 1, 2}, 3));
  CHECK_FALSE(repeats_itself({}, 1));
}

TEST_CASE("a word hides speech if it lasts as long as a pause, and its middle is loud") {
  CHECK(hides_speech(10, 14, sound(11, 12), audible));
  CHECK_FALSE(hides_speech(10, 12.9, sound(11, 12), audible));
  CHECK_FALSE(hides_speech(10, 14, sound(10, 10.7), audible));  // the word itself
  CHECK_FALSE(hides_speech(10, 14, sound(13.3, 20), audible));  // and the next one
}

TEST_CASE("missed speech: segments as long as their words are left alone, and cost nothing") {
  const SpokenSegment segments[] = {{0, 6, numbers(0, 5)}, {6, 12, numbers(0, 6)}};
  const auto never = [](std::span<const std::int32_t>) -> std::vector<TimedWord> {
    FAIL("asked");
    return {};
  };
  CHECK_FALSE(find_missed_speech(segments, sound(0, 30), audible, never).has_value());
  CHECK_FALSE(find_missed_speech({}, sound(0, 30), audible, never).has_value());
}

TEST_CASE("missed speech: behind a segment, which ends with its last word") {
  const SpokenSegment segments[] = {{0, 2, {1}}, {2, 28, {2, 3}}, {28, 29, {4}}};
  const auto missed =
      find_missed_speech(segments, sound(0, 30), audible, words_at({{0, 1}, {2, 2.5}, {2.5, 3}, {28, 29}}));
  REQUIRE(missed.has_value());
  CHECK(missed->segments == 2);
  CHECK(missed->last_end == doctest::Approx(3));
  CHECK(missed->start == doctest::Approx(3));
  CHECK_FALSE(missed->end.has_value());
}

TEST_CASE("missed speech: where nothing is heard behind a long segment's words, nothing was missed") {
  const SpokenSegment segments[] = {{0, 20, {1}}, {20, 28, numbers(2, 8)}};
  const auto words =
      words_at({{0, 1}, {20, 21}, {21, 22}, {22, 23}, {23, 24}, {24, 25}, {25, 26}, {26, 27}, {27, 28}});
  CHECK_FALSE(find_missed_speech(segments, sound(20, 28), audible, words).has_value());
  CHECK(find_missed_speech(segments, sound(5, 28), audible, words).has_value());
}

TEST_CASE("missed speech: behind a long segment with pauses there may be another one") {
  const SpokenSegment segments[] = {{0, 10, {1, 2}}, {10, 29, {3}}};
  const auto missed =
      find_missed_speech(segments, sound(0, 30), audible, words_at({{0, 1}, {8.9, 9.5}, {10, 11}}));
  REQUIRE(missed.has_value());
  CHECK(missed->segments == 2);
  CHECK(missed->start == doctest::Approx(11));
}

TEST_CASE("missed speech: before a segment's words, if there is something to be heard") {
  const SpokenSegment segments[] = {{0, 2, {1}}, {2, 28, {2, 3}}};
  for (const double start : {2.0, 26.0}) {  // the first word takes all the time, or comes late
    const auto words = words_at({{0, 1}, {start, 27}, {27, 28}});
    const auto missed = find_missed_speech(segments, sound(5, 20), audible, words);
    REQUIRE(missed.has_value());
    CHECK(missed->segments == 1);
    CHECK(missed->last_end == doctest::Approx(2));
    CHECK(missed->start == doctest::Approx(2));
    CHECK(missed->end.value() == doctest::Approx(26).epsilon(0.02));
    CHECK_FALSE(find_missed_speech(segments, sound(0, 1), audible, words).has_value());
  }
}

TEST_CASE("missed speech: a long segment whose words take as long is one with pauses") {
  const SpokenSegment segments[] = {{0, 20, {1, 2, 3}}};
  CHECK_FALSE(find_missed_speech(segments, sound(0, 30), audible, words_at({{0, 1}, {9, 10}, {18.9, 19.5}}))
                  .has_value());
}

TEST_CASE("missed speech: what is heard by itself is shorter than the window it was missed in") {
  const SpokenSegment segments[] = {{0, 30, {1, 2}}};
  CHECK_FALSE(
      find_missed_speech(segments, sound(0, 30), audible, words_at({{0, 29.5}, {29.5, 30}})).has_value());
}

}  // namespace
}  // namespace lp
