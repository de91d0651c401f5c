#include "media/sound_device.hpp"

#include "base/error.hpp"
#include "media/portaudio.hpp"
#include "media/resampler.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace lp {
namespace {

using portaudio::library;

constexpr int usual_rate = 48000;  // every device has it
constexpr int pieces_a_second = 50;

enum class Direction { in, out };

/// A stream of the default device, of one channel and of the wanted rate, or else of the usual one.
class Device {
 public:
  Device(Direction direction, int rate, std::function<bool()> stop)
      : name_(direction == Direction::out ? "the speakers" : "the microphone"),
        rate_(rate),
        stop_(std::move(stop)) {
    const bool out = direction == Direction::out;
    const int device = out ? library().GetDefaultOutputDevice() : library().GetDefaultInputDevice();
    if (device < 0) fail(Fault::unsupported, "{}: the system has no such device", name_);
    int error = open(out);
    if (error == portaudio::invalid_rate) {
      rate_ = usual_rate;
      error = open(out);
    }
    if (error < 0) fail(Fault::unsupported, "{} cannot be opened: {}", name_, library().GetErrorText(error));
    error = library().StartStream(stream_);
    if (error < 0) {
      library().CloseStream(stream_);
      fail(Fault::unsupported, "{} cannot be started: {}", name_, library().GetErrorText(error));
    }
  }
  ~Device() {
    library().AbortStream(stream_);
    library().CloseStream(stream_);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int rate() const { return rate_; }
  portaudio::Stream* stream() { return stream_; }
  /// Samples between two questions whether to stop.
  std::size_t piece() const { return static_cast<std::size_t>(rate_ / pieces_a_second); }
  bool is_stopped() {
    if (!stopped_ && stop_ && stop_()) stopped_ = true;
    return stopped_;
  }
  /// @throws Error{io} for an error other than `harmless`.
  void check(int error, int harmless) const {
    if (error < 0 && error != harmless) fail(Fault::io, "{}: {}", name_, library().GetErrorText(error));
  }

 private:
  int open(bool out) {
    return library().OpenDefaultStream(&stream_, out ? 0 : 1, out ? 1 : 0, portaudio::float32, rate_,
                                       portaudio::any_frames, nullptr, nullptr);
  }

  std::string_view name_;
  int rate_;
  std::function<bool()> stop_;
  bool stopped_ = false;
  portaudio::Stream* stream_ = nullptr;
};

}  // namespace

bool has_speakers() {
  try {
    return library().GetDefaultOutputDevice() >= 0;
  } catch (const Error&) {  // no PortAudio
    return false;
  }
}

std::string sound_device_library_version() {
  return portaudio::version();
}

/// A thread plays what waits, so that a device has sound while the next of it is made.
class Speakers::Output {
 public:
  Output(int rate, std::function<bool()> stop)
      : device_(Direction::out, rate, std::move(stop)),
        resampler_(rate, device_.rate()),
        thread_([this] { run(); }) {}
  ~Output() {
    {
      const std::scoped_lock lock(mutex_);
      is_closed_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::span<const float> samples) {
    ready_.clear();
    resampler_.add(samples, ready_);
    add();
  }
  void finish() {
    ready_.clear();
    resampler_.finish(ready_);
    add();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_ended_ || (waiting_.empty() && !is_playing_); });
    tell();
    if (!has_ended_) device_.check(library().StopStream(device_.stream()), 0);
  }
  double seconds() {
    const std::scoped_lock lock(mutex_);
    return static_cast<double>(played_) / device_.rate();
  }

 private:
  static constexpr std::size_t most_waiting_s = 4;  // some more than a voice makes at once

  /// Puts what is ready behind what waits, once there is room.
  void add() {
    std::unique_lock lock(mutex_);
    const std::size_t most = most_waiting_s * static_cast<std::size_t>(device_.rate());
    changed_.wait(lock, [&] { return has_ended_ || waiting_.size() < most; });
    tell();
    if (has_ended_) return;
    waiting_.insert(waiting_.end(), ready_.begin(), ready_.end());
    lock.unlock();
    changed_.notify_all();
  }
  void tell() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  /// The thread.
  void run() {
    std::vector<float> part;
    try {
      while (next(part)) {
        // It had nothing to play for a while: that is heard, and no reason to end.
        device_.check(library().WriteStream(device_.stream(), part.data(), part.size()),
                      portaudio::output_underflowed);
      }
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      error_ = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    has_ended_ = true;
    changed_.notify_all();
  }

  /// The next piece to play; false where none follows.
  bool next(std::vector<float>& part) {
    std::unique_lock lock(mutex_);
    is_playing_ = false;
    changed_.notify_all();
    const auto has_work = [this] { return is_closed_ || !waiting_.empty(); };
    while (!device_.is_stopped() && !is_closed_) {
      if (!changed_.wait_for(lock, std::chrono::milliseconds(1000 / pieces_a_second), has_work)) continue;
      if (is_closed_) break;
      const auto end =
          waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(device_.piece(), waiting_.size()));
      part.assign(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
      is_playing_ = true;
      played_ += part.size();
      return !device_.is_stopped() || abort();
    }
    return abort();
  }
  bool abort() {
    library().AbortStream(device_.stream());
    return false;
  }

  Device device_;
  ffmpeg::Resampler resampler_;
  std::vector<float> ready_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<float> waiting_;
  std::exception_ptr error_;
  std::size_t played_ = 0;  // samples
  bool is_playing_ = false, is_closed_ = false;
  bool has_ended_ = false;  // the thread: stopped, closed or failed
  std::thread thread_;
};

Speakers::Speakers(int rate, std::function<bool()> stop)
    : output_(std::make_unique<Output>(rate, std::move(stop))) {}
Speakers::~Speakers() = default;

void Speakers::write(std::span<const float> samples) {
  output_->write(samples);
}

void Speakers::finish() {
  output_->finish();
}

double Speakers::seconds() const {
  return output_->seconds();
}

class Microphone::Input {
 public:
  Input(int rate, std::function<bool()> stop)
      : device_(Direction::in, rate, std::move(stop)),
        resampler_(device_.rate(), rate),
        heard_(device_.piece()) {}

  bool next(std::vector<float>& samples) {
    if (device_.is_stopped()) return false;
    const int error = library().ReadStream(device_.stream(), heard_.data(), heard_.size());
    if (error == portaudio::input_overflowed) ++gaps_;
    device_.check(error, portaudio::input_overflowed);
    resampler_.add(heard_, samples);
    return true;
  }
  std::int64_t gaps() const { return gaps_; }

 private:
  Device device_;
  ffmpeg::Resampler resampler_;
  std::vector<float> heard_;
  std::int64_t gaps_ = 0;
};

Microphone::Microphone(int rate, std::function<bool()> stop)
    : input_(std::make_unique<Input>(rate, std::move(stop))) {}
Microphone::~Microphone() = default;

bool Microphone::next(std::vector<float>& samples) {
  return input_->next(samples);
}

std::int64_t Microphone::gaps() const {
  return input_->gaps();
}

}  // namespace lp
