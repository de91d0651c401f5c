#include "media/sound_writer.hpp"

#include "base/text.hpp"
#include "media/sound_encoder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace lp {
namespace {

constexpr std::size_t bytes_a_sample = 2, most_at_once = 1 << 14;

void put(std::string& to, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFFU);
}

/// What stands before a wav's samples. `size`: of the samples in bytes.
/// Source: IBM and Microsoft, Multimedia Programming Interface and Data Specifications 1.0, 1991, "WAVE".
std::string wav_header(int rate, std::int64_t size) {
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max(), pcm = 1, channels = 1,
                          format_size = 16, riff_size = 36;
  const std::uint32_t data = size > most - riff_size ? most : static_cast<std::uint32_t>(size);
  const auto samples = static_cast<std::uint32_t>(rate);
  std::string text = "RIFF";
  put(text, data == most ? most : data + riff_size, 4);
  text += "WAVEfmt ";
  put(text, format_size, 4);
  put(text, pcm, 2);
  put(text, channels, 2);
  put(text, samples, 4);
  put(text, samples * bytes_a_sample, 4);
  put(text, bytes_a_sample, 2);
  put(text, 8 * bytes_a_sample, 2);
  text += "data";
  put(text, data, 4);
  return text;
}

/// 16-bit samples, in a wav or bare.
class PlainEncoder final : public SoundWriter::Encoder {
 public:
  PlainEncoder(ByteTarget& target, bool is_wav, int rate) : target_(target), is_wav_(is_wav), rate_(rate) {
    put_header(std::numeric_limits<std::int64_t>::max());
  }

  void write(std::span<const float> samples) override {
    while (!samples.empty()) {
      const auto part = samples.first(std::min(samples.size(), most_at_once));
      samples = samples.subspan(part.size());
      std::string bytes;
      bytes.reserve(part.size() * bytes_a_sample);
      for (const float sample : part) {
        const float full = std::isnan(sample) ? 0.0F : std::clamp(sample, -1.0F, 1.0F) * 32767.0F;
        put(bytes, static_cast<std::uint32_t>(std::lround(full)), bytes_a_sample);
      }
      size_ += static_cast<std::int64_t>(bytes.size());
      put_bytes(bytes);
    }
  }

  void finish() override {
    if (!is_wav_ || !target_.can_seek()) return;
    target_.seek(0);
    put_header(size_);
  }

 private:
  void put_header(std::int64_t size) {
    if (is_wav_) put_bytes(wav_header(rate_, size));
  }
  void put_bytes(std::string_view bytes) {
    target_.write(std::as_bytes(std::span(bytes)));
    target_.check();
  }

  ByteTarget& target_;
  bool is_wav_;
  int rate_;
  std::int64_t size_ = 0;
};

struct NamedFormat {
  std::string_view name;
  SoundFormat format;
};

constexpr std::array<NamedFormat, 6> names = {{{"wav", SoundFormat::wav},
                                               {"mp3", SoundFormat::mp3},
                                               {"flac", SoundFormat::flac},
                                               {"opus", SoundFormat::opus},
                                               {"aac", SoundFormat::aac},
                                               {"pcm", SoundFormat::pcm}}};
/// Endings that are no format's name.
constexpr std::array<NamedFormat, 5> endings = {{{".wave", SoundFormat::wav},
                                                 {".ogg", SoundFormat::opus},
                                                 {".m4a", SoundFormat::aac},
                                                 {".mp4", SoundFormat::aac},
                                                 {".raw", SoundFormat::pcm}}};

std::unique_ptr<SoundWriter::Encoder> make_encoder(const std::string& name, ByteTarget& target,
                                                   SoundFormat format, bool is_mp4, int rate) {
  if (format == SoundFormat::wav || format == SoundFormat::pcm)
    return std::make_unique<PlainEncoder>(target, format == SoundFormat::wav, rate);
  return encode_sound(name, target, format, is_mp4, rate);
}

bool is_mp4(const std::filesystem::path& path) {
  const std::string ending = lower(path.extension().string());
  return ending == ".m4a" || ending == ".mp4";
}

}  // namespace

std::optional<SoundFormat> sound_format(std::string_view name) {
  for (const NamedFormat& known : names)
    if (known.name == name) return known.format;
  return std::nullopt;
}

std::optional<SoundFormat> sound_format_of(const std::filesystem::path& path) {
  const std::string ending = lower(path.extension().string());
  for (const NamedFormat& known : endings)
    if (known.name == ending) return known.format;
  return ending.empty() ? std::nullopt : sound_format(std::string_view(ending).substr(1));
}

SoundWriter::SoundWriter(const std::filesystem::path& path, SoundFormat format, int rate)
    : target_(path), encoder_(make_encoder(path.string(), target_, format, is_mp4(path), rate)) {}

SoundWriter::SoundWriter(ByteSink sink, SoundFormat format, int rate)
    : target_(std::move(sink)), encoder_(make_encoder("the sound", target_, format, false, rate)) {}

SoundWriter::~SoundWriter() = default;

void SoundWriter::write(std::span<const float> samples) {
  encoder_->write(samples);
}

void SoundWriter::commit() {
  encoder_->finish();
  target_.commit();
}

}  // namespace lp
