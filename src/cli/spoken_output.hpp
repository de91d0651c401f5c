#pragma once
#include "media/sound_device.hpp"
#include "media/sound_writer.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>

namespace lp::cli {

/// Where a voice is heard that can be stopped at any time. One thread at a time.
class SpokenOutput {
 public:
  virtual ~SpokenOutput() = default;
  /// Samples follow. `stop` is asked some fifty times a second; once it says so, nothing more is heard.
  virtual void begin(std::function<bool()> stop) = 0;
  /// Plays samples, -1 to 1, behind those before, and waits while a few seconds of them are to be heard yet.
  /// @throws Error{io}.
  virtual void write(std::span<const float> samples) = 0;
  /// Waits until all has been heard. @throws Error{io}.
  virtual void finish() = 0;
  /// What was heard since `begin`, or in the last utterance that was finished.
  virtual double seconds() const = 0;
  /// Nothing follows any more.
  virtual void close() {}
};

/// The system's speakers.
class SpeakersOutput final : public SpokenOutput {
 public:
  /// `rate`: samples a second. @throws Error{unsupported} if there are none.
  explicit SpeakersOutput(int rate);
  void begin(std::function<bool()> stop) override;
  void write(std::span<const float> samples) override;
  void finish() override;
  double seconds() const override { return speakers_ ? speakers_->seconds() : seconds_; }

 private:
  int rate_;
  std::unique_ptr<Speakers> speakers_;
  double seconds_ = 0;  // of the speakers before
};

/// A file in which everything stands where it would have been heard, seconds after this was made, with
/// silence in between.
class TimelineOutput final : public SpokenOutput {
 public:
  /// @throws as SoundWriter.
  TimelineOutput(const std::filesystem::path& path, SoundFormat format, int rate);
  void begin(std::function<bool()> stop) override;
  void write(std::span<const float> samples) override;
  void finish() override {}
  double seconds() const override { return static_cast<double>(written_ - begun_) / rate_; }
  void close() override { writer_.commit(); }

 private:
  SoundWriter writer_;
  int rate_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::function<bool()> stop_;
  std::size_t written_ = 0, begun_ = 0;  // samples, those before `begin`
};

}  // namespace lp::cli
