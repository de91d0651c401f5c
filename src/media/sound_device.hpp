#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// Whether there is a device that plays; false without PortAudio as well.
bool has_speakers();

/// The version of PortAudio. @throws Error{unsupported} if it is not there.
std::string sound_device_library_version();

/// Plays samples of one channel on the system's default device, through PortAudio, which is opened when it is
/// first needed. Resampled to 48,000 a second where the device does not take them (by FFmpeg). One thread at
/// a time.
class Speakers {
 public:
  /// `rate`: samples a second. `stop` is asked some fifty times a second; once it says so, nothing more is
  /// heard.
  /// @throws Error{unsupported} without PortAudio or a device.
  explicit Speakers(int rate, std::function<bool()> stop = {});
  ~Speakers();
  Speakers(const Speakers&) = delete;
  Speakers& operator=(const Speakers&) = delete;

  /// Plays samples, -1 to 1, behind those before; waits while some seconds of them are to be heard yet, so
  /// that there is sound while the next of it is made. @throws Error{io}.
  void write(std::span<const float> samples);
  /// Waits until all has been heard. @throws Error{io}.
  void finish();
  /// What the device was given so far.
  double seconds() const;

 private:
  class Output;
  std::unique_ptr<Output> output_;
};

/// Samples of one channel from the system's default device, through PortAudio. One thread at a time.
class Microphone {
 public:
  /// `rate`: samples a second that are wanted. `stop`: as above; the sound is then at its end.
  /// @throws Error{unsupported} without PortAudio or a device.
  explicit Microphone(int rate, std::function<bool()> stop = {});
  ~Microphone();
  Microphone(const Microphone&) = delete;
  Microphone& operator=(const Microphone&) = delete;

  /// Waits for the next samples, about a fiftieth of a second of them, and appends them; false at the end,
  /// which is when `stop` says so. @throws Error{io}.
  bool next(std::vector<float>& samples);
  /// How often samples were lost, so far, because nobody took them in time.
  std::int64_t gaps() const;

 private:
  class Input;
  std::unique_ptr<Input> input_;
};

}  // namespace lp
