#include "cli/spoken_output.hpp"

#include "media/sound_reader.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace lp::cli {
namespace {

constexpr int rate = 8000;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("in a file what is spoken stands at its time, takes its time, and ends when it is stopped") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("lp-spoken-" + std::to_string(::getpid()) + ".wav");
  const std::vector<float> second(rate, 0.5F);
  double stopped_at = 0;
  {
    TimelineOutput output(path, SoundFormat::wav, rate);
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    output.begin([] { return false; });
    output.write(std::span(second).first(rate / 5));
    output.finish();
    CHECK(seconds_since(start) >= 0.29);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::atomic<bool> stopped = false;
    output.begin([&] { return stopped.load(); });
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stopped = true;
      stopped_at = seconds_since(start);
    });
    output.write(second);
    stopper.join();
    output.finish();
    output.close();
  }
  SoundReader reader = SoundReader::open_file(path, rate);
  std::vector<float> samples;
  while (reader.next(samples)) {
  }
  std::filesystem::remove(path);
  const auto first = std::ranges::find_if(samples, [](float sample) { return sample > 0.4F; });
  CHECK(first - samples.begin() >= rate / 10 - rate / 100);
  const auto pause = std::find_if(first, samples.end(), [](float sample) { return sample < 0.1F; });
  CHECK(pause - first == rate / 5);
  CHECK(static_cast<double>(samples.size()) / rate <= stopped_at + 0.03);
}

}  // namespace lp::cli
