#include "runtime/lane.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>
#include <omp.h>

#include <atomic>
#include <thread>
#include <vector>

namespace lp {

TEST_CASE("a lane computes on one thread of its own, with its team") {
  Lane lane(2);
  std::thread::id first, second;
  int team = 0;
  lane.run([&] { first = std::this_thread::get_id(); });
  lane.run([&] {
    second = std::this_thread::get_id();
    team = omp_get_max_threads();
  });
  CHECK(first == second);
  CHECK(first != std::this_thread::get_id());
  CHECK(team == 2);
}

TEST_CASE("what is thrown on a lane reaches its caller, and the lane goes on") {
  Lane lane(1);
  CHECK_THROWS_WITH_AS(lane.run([] { fail(Fault::bad_input, "too small"); }), "too small", Error);
  bool ran = false;
  lane.run([&] { ran = true; });
  CHECK(ran);
}

TEST_CASE("many callers take turns") {
  Lane lane(1);
  int count = 0;  // no lock: only the lane touches it
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      for (int j = 0; j < 200; ++j) lane.run([&] { ++count; });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(count == 1600);
}

TEST_CASE("work on a lane may ask for the lane again") {
  Lane lane(1);
  bool ran = false;
  lane.run([&] { lane.run([&] { ran = true; }); });
  CHECK(ran);
}

TEST_CASE("there is at least one core") {
  CHECK(usable_cores() >= 1);
}

}  // namespace lp
