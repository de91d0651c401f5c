#include "cli/live_sound.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <utility>

namespace lp::cli {
namespace {

constexpr std::size_t rate = 16000;

/// A source of `count` samples, which are their own numbers, in pieces of 1,000.
LiveSound::Source counted(std::size_t count) {
  return [count, at = std::size_t{0}](std::vector<float>& samples) mutable {
    for (std::size_t i = 0; i < 1000 && at < count; ++i, ++at) samples.push_back(static_cast<float>(at));
    return at < count;
  };
}

bool never() {
  return false;
}

}  // namespace

TEST_CASE("all samples come once and in their order, at every pace") {
  for (const Pace pace : {Pace::arrival, Pace::live, Pace::fast}) {
    LiveSound sound(counted(7500), pace, never);
    std::vector<float> all;
    for (std::vector<float> part; !(part = sound.take(2000, 3000)).empty();) {
      CHECK(part.size() <= 3000);
      all.insert(all.end(), part.begin(), part.end());
      if (all.size() < 7500) CHECK(part.size() >= 2000);
    }
    REQUIRE(all.size() == 7500);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == static_cast<float>(i));
  }
}

TEST_CASE("a file comes no faster than it is spoken; the fast clock says the same and does not wait") {
  const auto start = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  {
    LiveSound sound(counted(rate / 5), Pace::live, never);
    while (!sound.take(800, rate).empty()) {
    }
    CHECK(passed() >= 0.19);
    CHECK(sound.now() >= 0.19);
    CHECK(sound.age(0.1) >= 0.09);
  }
  const double before = passed();
  LiveSound sound(counted(20 * rate), Pace::fast, never);
  double most = 0;
  while (!sound.take(rate, 30 * rate).empty()) most = std::max(most, sound.age(0));
  CHECK(most >= 19.99);
  CHECK(passed() - before < 10);
}

TEST_CASE("a tap sees every sample once, before it is taken, and may change it") {
  for (const Pace pace : {Pace::arrival, Pace::live, Pace::fast}) {
    std::atomic<std::size_t> seen = 0;
    LiveSound sound(counted(2500), pace, never, [&](std::span<float> samples) {
      seen += samples.size();
      for (float& sample : samples) sample += 1;
    });
    std::size_t taken = 0;
    for (std::vector<float> part; !(part = sound.take(1000, 2000)).empty(); taken += part.size()) {
      CHECK(seen >= taken + part.size());
      CHECK(part.front() == static_cast<float>(taken + 1));
    }
    CHECK(taken == 2500);
    CHECK(seen == 2500);
  }
}

TEST_CASE("what the source throws comes behind what it gave") {
  for (const Pace pace : {Pace::arrival, Pace::live, Pace::fast}) {
    const auto failing = [first = true](std::vector<float>& samples) mutable {
      if (!std::exchange(first, false)) fail(Fault::io, "the cable is cut");
      samples.insert(samples.end(), 100, 0.5F);
      return true;
    };
    LiveSound sound(failing, pace, never);
    CHECK(sound.take(1000, 1000).size() == 100);
    CHECK_THROWS_WITH_AS(sound.take(1000, 1000), "the cable is cut", Error);
  }
}

TEST_CASE("a reader that is ahead waits, and ends when nobody takes anything any more") {
  std::atomic<std::size_t> given = 0;
  const auto endless = [&](std::vector<float>& samples) {
    samples.assign(rate, 0.5F);
    given += rate;
    return true;
  };
  LiveSound sound(endless, Pace::arrival, never);
  CHECK(sound.take(30 * rate, 30 * rate).size() == 30 * rate);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(given <= 63 * rate);
}

TEST_CASE("a stop ends the sound") {
  std::atomic<bool> stopped = false;
  const auto slow = [&](std::vector<float>& samples) {
    samples.assign(160, 0.5F);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  };
  LiveSound sound(slow, Pace::arrival, [&] { return stopped.load(); });
  CHECK_FALSE(sound.take(1600, 3200).empty());
  stopped = true;
  while (!sound.take(1600, 3200).empty()) {
  }
  CHECK(sound.take(1, 1).empty());
}

}  // namespace lp::cli
