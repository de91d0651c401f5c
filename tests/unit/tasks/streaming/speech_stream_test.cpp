#include "tasks/streaming/speech_stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace lp {
namespace {

constexpr std::size_t rate = 16000;
constexpr std::size_t most = 30 * rate;

/// A speaker who says numbered words of half a second, half a second apart, each a sentence of its own if
/// `sentences`, and a listener who hears each of them once it has ended. Word i has the token i.
class Speaker {
 public:
  Speaker(int words, bool sentences) : words_(words), sentences_(sentences) {}

  std::vector<float> sound(double silence) const {
    std::vector<float> samples(static_cast<std::size_t>((words_ + silence) * rate), 0.0F);
    for (int word = 0; word < words_; ++word)
      for (std::size_t i = 0; i < rate / 2; ++i)
        samples[static_cast<std::size_t>(word) * rate + i] =
            0.2F * std::sin(static_cast<float>(i) * (0.1F + 0.001F * static_cast<float>(word)));
    return samples;
  }

  std::string text(int from, int to) const {
    std::string text;
    for (int i = from; i < to; ++i) text += name(i);
    return text;
  }

  HeardWords hear(const StreamWindow& window) {
    ++hearings;
    patient += window.is_last ? 1 : 0;
    longest = std::max(longest, window.samples.size());
    HeardWords heard{.language = "en"};
    int expected = window.before.empty() ? 0 : window.before.back() + 1;
    if (!window.known.empty()) expected = window.known.back().tokens.front() + 1;
    const double from = window.known.empty() ? 0 : window.known.back().end + 0.01;
    before = window.before;
    known = window.known.size();
    for (std::size_t at = static_cast<std::size_t>(from * rate); at + rate / 2 <= window.samples.size();) {
      if (std::abs(window.samples[at]) < 1e-6F && std::abs(window.samples[at + 1]) < 1e-6F) {
        ++at;
        continue;
      }
      heard.words.push_back(
          {name(expected), static_cast<double>(at) / rate, static_cast<double>(at) / rate + 0.5, {expected}});
      ++expected;
      at += rate / 2 + 100;
    }
    if (goes_wrong) heard.went_wrong = true;
    return heard;
  }

  int hearings = 0;
  std::size_t longest = 0, known = 0;
  std::vector<std::int32_t> before;
  int patient = 0;
  bool goes_wrong = false;

 private:
  std::string name(int i) const { return " w" + std::to_string(i) + (sentences_ ? "." : ""); }

  int words_;
  bool sentences_;
};

struct Result {
  std::string text, last_open;
  std::vector<StreamWord> words;
  int pauses = 0;
};

/// The whole sound, as soon as the stream wants it.
Result run(SpeechStream& stream, std::span<const float> sound, std::size_t piece = 0) {
  Result result;
  const auto take = [&](const StreamUpdate& update) {
    for (const StreamWord& word : update.finals) {
      result.text += word.word;
      result.words.push_back(word);
    }
    result.pauses += update.has_paused ? 1 : 0;
  };
  while (!sound.empty()) {
    const std::size_t count = std::min({piece == 0 ? stream.wanted() : piece, stream.room(), sound.size()});
    REQUIRE(count > 0);
    sound = sound.subspan(stream.add(sound.first(count)));
    if (const auto update = stream.update()) take(*update);
  }
  take(stream.finish());
  return result;
}

SpeechStream stream_of(Speaker& speaker) {
  return {[&](const StreamWindow& window) { return speaker.hear(window); }, most, {}, ""};
}

}  // namespace

TEST_CASE("every word of a long stream is final once, at its time, and the window stays short") {
  for (const bool sentences : {true, false}) {
    CAPTURE(sentences);
    Speaker speaker(70, sentences);
    SpeechStream stream = stream_of(speaker);
    const Result result = run(stream, speaker.sound(0));
    CHECK(result.text == speaker.text(0, 70));
    CHECK(stream.language() == "en");
    CHECK(stream.seconds() == doctest::Approx(70));
    REQUIRE(result.words.size() == 70);
    for (std::size_t i = 0; i < 70; ++i)
      CHECK(std::abs(result.words[i].start - static_cast<double>(i)) < 0.01);
    CHECK(speaker.longest <= (sentences ? 13 : 22) * rate);
    CHECK(speaker.known > 0);
    CHECK_FALSE(speaker.before.empty());
    CHECK(speaker.before.size() <= 62);
  }
}

TEST_CASE("sound that comes faster than it is spoken is heard in whole windows") {
  Speaker speaker(70, false);
  SpeechStream stream = stream_of(speaker);
  CHECK(run(stream, speaker.sound(0), most).text == speaker.text(0, 70));
  CHECK(speaker.longest == most);
  CHECK(speaker.hearings < 8);
}

TEST_CASE("a long pause in the middle of what comes at once ends a line all the same") {
  Speaker speaker(9, false);
  std::vector<float> sound = speaker.sound(0);
  std::fill(sound.begin() + 3 * rate, sound.begin() + 6 * rate, 0.0F);
  SpeechStream stream = stream_of(speaker);
  const Result result = run(stream, sound, most);
  CHECK(result.text == speaker.text(0, 6));
  CHECK(result.pauses == 2);    // that one, and the end
  CHECK(speaker.patient == 1);  // what stands before it is heard once
  CHECK(speaker.hearings == 2);
}

TEST_CASE("silence is not heard, and a pause makes what was said final") {
  Speaker speaker(3, false);
  SpeechStream stream = stream_of(speaker);
  const std::vector<float> sound = speaker.sound(60);
  std::string text;
  double final_at = 0;
  int pauses = 0;
  for (std::size_t at = 0; at < sound.size(); at += rate / 10) {
    CHECK(stream.add(std::span(sound).subspan(at, rate / 10)) == rate / 10);
    if (const auto update = stream.update()) {
      for (const StreamWord& word : update->finals) text += word.word;
      pauses += update->has_paused ? 1 : 0;
    }
    if (final_at == 0 && text == speaker.text(0, 3)) final_at = stream.seconds();
  }
  CHECK(final_at > 3.5);
  CHECK(final_at < 4);
  CHECK(pauses == 1);
  CHECK(speaker.hearings < 15);
  CHECK(stream.room() >= most - rate);
  CHECK(stream.finish().finals.empty());
}

TEST_CASE("no sound and silence alone have no words, and nobody listens") {
  Speaker speaker(0, false);
  SpeechStream stream = stream_of(speaker);
  CHECK(run(stream, speaker.sound(5)).text.empty());
  CHECK(speaker.hearings == 0);
  SpeechStream empty = stream_of(speaker);
  CHECK(empty.finish().finals.empty());
}

TEST_CASE("what went wrong is heard again with patience, and what follows does not know of it") {
  Speaker speaker(4, false);
  speaker.goes_wrong = true;
  bool had_last = false;
  SpeechStream stream(
      [&](const StreamWindow& window) {
        had_last |= window.is_last;
        return speaker.hear(window);
      },
      most, {}, "");
  CHECK(run(stream, speaker.sound(3)).text == speaker.text(0, 4));
  CHECK(had_last);
}

TEST_CASE("a text that ends before the speech does is taken up behind it") {
  for (const std::size_t piece : {std::size_t{0}, most}) {
    Speaker speaker(12, false);
    SpeechStream stream(
        [&](const StreamWindow& window) {
          HeardWords heard = speaker.hear(window);
          if (!window.known.empty()) heard.words.clear();
          if (heard.words.size() > 3) heard.words.resize(3);
          return heard;
        },
        most, {}, "");
    CHECK(run(stream, speaker.sound(3), piece).text == speaker.text(0, 12));
  }
}

TEST_CASE("a word at the edge of half a minute without words is not lost") {
  constexpr float music = 0.1F, word = 0.5F;
  constexpr std::array<std::size_t, 2> starts = {29 * rate + 7 * rate / 20, 33 * rate};
  std::vector<float> sound(40 * rate, 0.0F);
  for (std::size_t at = 0; at < 34 * rate; ++at) sound[at] = at % rate < rate / 2 ? music : 0.1F * music;
  for (const std::size_t start : starts)
    std::fill_n(sound.begin() + static_cast<long>(start), rate / 2, word);
  const auto listener = [&](const StreamWindow& window) {
    HeardWords heard{.language = "en"};
    const double from = window.known.empty() ? 0 : window.known.back().end;
    for (auto at = static_cast<std::size_t>(from * rate); at < window.samples.size(); ++at)
      if (window.samples[at] == word) {
        const double start = static_cast<double>(at) / rate;
        heard.words.push_back({" word", start, start + 0.5, {1}});
        at += rate / 2;
      }
    return heard;
  };
  for (const std::size_t piece : {std::size_t{0}, most}) {
    SpeechStream stream(listener, most, {}, "");
    const Result result = run(stream, sound, piece);
    REQUIRE(result.words.size() == 2);
    CHECK(std::abs(result.words[0].start - 29.35) < 0.01);
    CHECK(std::abs(result.words[1].start - 33) < 0.01);
  }
}

TEST_CASE("a short word at the end is heard, too") {
  Speaker speaker(1, false);
  SpeechStream stream = stream_of(speaker);
  const std::vector<float> sound = speaker.sound(0);
  CHECK(run(stream, std::span(sound).first(rate / 2)).text == " w0");
}

}  // namespace lp
