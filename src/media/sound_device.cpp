#include "media/sound_device.hpp"

#include "base/error.hpp"
#include "media/portaudio.hpp"
#include "media/resampler.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

class Speakers::Output {
 public:
  Output(int rate, std::function<bool()> stop)
      : device_(Direction::out, rate, std::move(stop)), resampler_(rate, device_.rate()) {}

  void write(std::span<const float> samples) {
    ready_.clear();
    resampler_.add(samples, ready_);
    play();
  }
  void finish() {
    ready_.clear();
    resampler_.finish(ready_);
    play();
    if (!device_.is_stopped()) device_.check(library().StopStream(device_.stream()), 0);
  }

 private:
  void play() {
    for (std::span<const float> rest = ready_; !rest.empty();) {
      if (device_.is_stopped()) {
        library().AbortStream(device_.stream());
        return;
      }
      const auto part = rest.first(std::min(rest.size(), device_.piece()));
      rest = rest.subspan(part.size());
      // It had nothing to play for a while: that is heard, and no reason to end.
      device_.check(library().WriteStream(device_.stream(), part.data(), part.size()),
                    portaudio::output_underflowed);
    }
  }

  Device device_;
  ffmpeg::Resampler resampler_;
  std::vector<float> ready_;
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
