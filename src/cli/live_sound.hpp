#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace lp::cli {

/// When the samples of a sound are there to be heard.
enum class Pace {
  arrival,  // as soon as the source has them: a microphone, a pipe
  live,     // as if they were spoken now: a file
  fast,     // the same, but nobody waits: a clock goes on by what the hearing takes, and skips the waiting
};

/// A sound that goes on while it is heard: its source is read by a thread of its own (but for Pace::fast),
/// which is ahead by half a minute at most and then waits. One thread at a time takes samples.
class LiveSound {
 public:
  /// Appends the next samples at 16 kHz; false at the end, which is soon after `stop` says so.
  using Source = std::function<bool(std::vector<float>&)>;
  /// Looks at samples, and may change them, as soon as they are there; a thread's errors end the sound.
  using Tap = std::function<void(std::span<float>)>;
  /// `leave` is called when nobody takes any more: a source that waits ends then.
  LiveSound(Source source, Pace pace, std::function<bool()> stop, Tap tap = {},
            std::function<void()> leave = {});
  ~LiveSound();
  LiveSound(const LiveSound&) = delete;
  LiveSound& operator=(const LiveSound&) = delete;

  /// Waits until `least` more samples are there, then gives all there are, `most` at most; fewer than `least`
  /// before the end, none behind it. @throws what the source threw.
  std::vector<float> take(std::size_t least, std::size_t most);
  /// Seconds since a moment of the sound, in seconds from its start, was there to be heard; of sound that was
  /// taken less than a minute ago.
  double age(double seconds);
  /// Seconds on the clock that ran since the sound's start was there.
  double now();

 private:
  using Clock = std::chrono::steady_clock;
  struct Arrival {
    std::size_t end;  // samples until then
    double at;
  };
  void read();
  bool push(std::span<float> samples);
  std::vector<float> take_fast(std::size_t least, std::size_t most);
  double seconds_since_start() const;

  Source source_;
  Pace pace_;
  std::function<bool()> stop_;
  Tap tap_;
  std::function<void()> leave_;
  Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<float> ready_;      // not taken
  std::deque<Arrival> arrivals_;  // of the last minute
  std::size_t arrived_ = 0, taken_ = 0;
  bool has_ended_ = false, is_left_ = false;
  std::exception_ptr error_;
  Clock::time_point given_ = start_;  // when samples were taken last
  double clock_ = 0;                  // of Pace::fast
  std::thread reader_;
};

}  // namespace lp::cli
