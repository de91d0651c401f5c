#pragma once
#include "media/byte_target.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lp {

/// How a sound is written: `wav` and `pcm` by ourselves, as 16-bit samples (`pcm` has nothing else,
/// little-endian); the others by FFmpeg's libraries: `flac`, `mp3`, `opus` in Ogg, `aac` in ADTS, or in
/// MPEG-4 where a file's name ends in .m4a or .mp4.
enum class SoundFormat : std::uint8_t { wav, mp3, flac, opus, aac, pcm };

/// The format that a name means: "wav", "mp3", "flac", "opus", "aac", "pcm"; nothing for others.
std::optional<SoundFormat> sound_format(std::string_view name);

/// The format that the ending of a file's name means: .wav, .mp3, .flac, .opus, .ogg, .aac, .m4a, .mp4, .pcm,
/// .raw; nothing for others.
std::optional<SoundFormat> sound_format_of(const std::filesystem::path& path);

/// Writes a sound of one channel. Memory is bounded. One thread at a time.
class SoundWriter {
 public:
  /// `rate`: samples a second that `write` is given; resampled where the format has other ones (Opus:
  /// 48,000). The final name never holds a part of the sound. @throws Error{io}; Error{unsupported} without
  /// FFmpeg or an encoder.
  SoundWriter(const std::filesystem::path& path, SoundFormat format, int rate);
  /// To a sink, as the samples come. A wav then states the greatest length that there is, since nobody knows
  /// it; players take that for a stream. @throws as above, and what `sink` throws.
  SoundWriter(ByteSink sink, SoundFormat format, int rate);
  ~SoundWriter();
  SoundWriter(const SoundWriter&) = delete;
  SoundWriter& operator=(const SoundWriter&) = delete;

  /// Samples, -1 to 1; what is beyond is cut off, what is no number is silence. @throws Error{io}.
  void write(std::span<const float> samples);

  /// Ends the sound and gives a file its name. @throws Error{io}.
  void commit();

  /// Turns samples into a format's bytes.
  class Encoder {
   public:
    virtual ~Encoder() = default;
    virtual void write(std::span<const float> samples) = 0;
    virtual void finish() = 0;
  };

 private:
  ByteTarget target_;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace lp
