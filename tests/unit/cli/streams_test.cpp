#include "cli/streams.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace lp::cli {

TEST_CASE("streams do each item once, and tell in the order of the items") {
  for (const std::size_t streams : {1, 3, 20}) {
    constexpr std::size_t count = 12;
    std::vector<std::atomic<int>> done(count);
    std::vector<std::size_t> told;
    work_in_streams(
        count, streams,
        [&](std::size_t stream, std::size_t item) {
          CHECK(stream < streams);
          std::this_thread::sleep_for(std::chrono::milliseconds(item == 0 ? 30 : 1));  // the first ends late
          ++done[item];
        },
        [&](std::size_t item) {
          CHECK(done[item] == 1);
          told.push_back(item);
        });
    REQUIRE(told.size() == count);
    for (std::size_t i = 0; i < count; ++i) CHECK((told[i] == i && done[i] == 1));
  }
}

TEST_CASE("streams work at the same time, each on a thread of its own, the first on the caller's") {
  constexpr std::size_t streams = 3;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<std::size_t> inside = 0;
  work_in_streams(
      streams, streams,
      [&](std::size_t, std::size_t) {
        ++inside;
        while (inside < streams) std::this_thread::yield();  // ends only if all of them are inside
        const std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
      },
      [](std::size_t) {});
  CHECK(threads.size() == streams);
  CHECK(threads.contains(std::this_thread::get_id()));
}

TEST_CASE("what is thrown in a stream, or while telling, ends all of them and reaches the caller") {
  std::atomic<std::size_t> begun = 0;
  const auto throw_at = [&](std::size_t working, std::size_t telling) {
    begun = 0;
    work_in_streams(
        1000, 2,
        [&](std::size_t, std::size_t item) {
          ++begun;
          if (item == working) fail(Fault::io, "worked");
        },
        [&](std::size_t item) {
          if (item == telling) fail(Fault::io, "told");
        });
  };
  CHECK_THROWS_WITH_AS(throw_at(5, 1000), "worked", Error);
  CHECK(begun < 1000);
  CHECK_THROWS_WITH_AS(throw_at(1000, 5), "told", Error);
  CHECK(begun < 1000);
}

TEST_CASE("no items are no work") {
  work_in_streams(0, 4, [](std::size_t, std::size_t) { FAIL("work"); }, [](std::size_t) { FAIL("told"); });
}

}  // namespace lp::cli
