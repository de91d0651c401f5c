#include "media/sound_encoder.hpp"

#include "base/error.hpp"
#include "media/dictionary.hpp"
#include "media/io_context.hpp"
#include "media/resampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

namespace lp {
namespace {

using ffmpeg::library;

/// Rates of MPEG audio layer III (ISO/IEC 11172-3, 13818-3, and 8 to 12 kHz as "MPEG 2.5") and of AAC
/// (ISO/IEC 14496-3, table 1.18).
constexpr std::array mp3_rates = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
constexpr std::array aac_rates = {8000,  11025, 12000, 16000, 22050, 24000,
                                  32000, 44100, 48000, 64000, 88200, 96000};
constexpr std::array opus_rates = {48000};

/// One of FFmpeg's encoders, and what it takes.
struct Codec {
  SoundFormat format;
  const char* name;
  AVSampleFormat samples;      // of one channel: planar and packed are the same
  std::span<const int> rates;  // none: all
  std::int64_t bits_a_second;  // 0: nothing is lost
};

constexpr std::array<Codec, 5> codecs = {{
    {SoundFormat::flac, "flac", AV_SAMPLE_FMT_S16, {}, 0},
    {SoundFormat::mp3, "libmp3lame", AV_SAMPLE_FMT_FLTP, mp3_rates, 96'000},
    {SoundFormat::mp3, "libshine", AV_SAMPLE_FMT_S16P, mp3_rates, 96'000},
    {SoundFormat::opus, "libopus", AV_SAMPLE_FMT_FLT, opus_rates, 48'000},
    {SoundFormat::aac, "aac", AV_SAMPLE_FMT_FLTP, aac_rates, 96'000},
}};

const char* container(SoundFormat format, bool is_mp4) {
  switch (format) {
    case SoundFormat::flac: return "flac";
    case SoundFormat::mp3: return "mp3";
    case SoundFormat::opus: return "ogg";
    case SoundFormat::aac: return is_mp4 ? "ipod" : "adts";
    case SoundFormat::wav:
    case SoundFormat::pcm: break;
  }
  LP_ASSERT(false && "wav and pcm are written without FFmpeg");
}

/// The least rate that loses nothing, else the highest.
int nearest_rate(std::span<const int> rates, int wanted) {
  if (rates.empty()) return wanted;
  const auto found = std::lower_bound(rates.begin(), rates.end(), wanted);
  return found == rates.end() ? rates.back() : *found;
}

class FFmpegEncoder final : public SoundWriter::Encoder {
 public:
  FFmpegEncoder(std::string name, ByteTarget& target, SoundFormat format, bool is_mp4, int rate)
      : name_(std::move(name)),
        target_(target),
        io_(target),
        frame_(ffmpeg::owned(library().av_frame_alloc())),
        packet_(ffmpeg::owned(library().av_packet_alloc())) {
    AVFormatContext* made = nullptr;
    check(library().avformat_alloc_output_context2(&made, nullptr, container(format, is_mp4), nullptr));
    format_ = ffmpeg::owned(made);
    format_->pb = io_.get();
    // The same samples are the same file, and a listener hears what there is.
    format_->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_FLUSH_PACKETS;
    open_encoder(format, rate);
    stream_ = library().avformat_new_stream(format_.get(), nullptr);
    if (stream_ == nullptr) throw std::bad_alloc();
    stream_->time_base = encoder_->time_base;
    check(library().avcodec_parameters_from_context(stream_->codecpar, encoder_.get()));
    ffmpeg::Dictionary settings;
    // Ogg gathers a second otherwise. Who listens waits for less.
    if (format == SoundFormat::opus && !target_.can_seek()) settings.set("page_duration", "100000");  // µs
    check(library().avformat_write_header(format_.get(), settings.get()));
    resampler_ = std::make_unique<ffmpeg::Resampler>(rate, encoder_->sample_rate);
  }

  void write(std::span<const float> samples) override {
    constexpr std::size_t most_at_once = 1 << 14;
    while (!samples.empty()) {
      const auto part = samples.first(std::min(samples.size(), most_at_once));
      samples = samples.subspan(part.size());
      add(part);
      encode_whole_frames();
    }
  }

  void finish() override {
    resampler_->finish(waiting_);
    encode_whole_frames();
    if (!waiting_.empty()) encode(waiting_);
    check(library().avcodec_send_frame(encoder_.get(), nullptr));
    write_packets();
    check(library().av_write_trailer(format_.get()));
    target_.check();
  }

 private:
  void check(int error) const {
    target_.check();
    if (error < 0) fail(Fault::io, "{}: the sound cannot be written: {}", name_, ffmpeg::reason(error));
  }

  void open_encoder(SoundFormat format, int rate) {
    for (const Codec& codec : codecs) {
      const auto* const found =
          codec.format == format ? library().avcodec_find_encoder_by_name(codec.name) : nullptr;
      if (found == nullptr) continue;
      encoder_ = ffmpeg::owned(library().avcodec_alloc_context3(found));
      encoder_->sample_fmt = codec.samples;
      encoder_->sample_rate = nearest_rate(codec.rates, rate);
      encoder_->time_base = {1, encoder_->sample_rate};
      encoder_->bit_rate = codec.bits_a_second;
      encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
      if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
      encoder_->thread_count = 1;
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
      encoder_->ch_layout = mono();
#else
      encoder_->channels = 1;
      encoder_->channel_layout = AV_CH_LAYOUT_MONO;
#endif
      const int error = library().avcodec_open2(encoder_.get(), found, nullptr);
      if (error >= 0) return;
      fail(Fault::unsupported, "{}: FFmpeg's {} encoder does not take {} samples a second: {}", name_,
           codec.name, rate, ffmpeg::reason(error));
    }
    fail(Fault::unsupported, "{}: FFmpeg {} has no encoder for this format; wav and flac it always has",
         name_, library().version());
  }

#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
  static AVChannelLayout mono() { return AV_CHANNEL_LAYOUT_MONO; }
#endif

  void add(std::span<const float> samples) {
    std::vector<float> sound(samples.begin(), samples.end());
    for (float& sample : sound) sample = std::isnan(sample) ? 0.0F : std::clamp(sample, -1.0F, 1.0F);
    resampler_->add(sound, waiting_);
  }

  /// Encoders take so many samples at once, and fewer at the end only.
  void encode_whole_frames() {
    constexpr std::size_t any = 4096;  // where an encoder does not mind
    const std::size_t size = encoder_->frame_size > 0 ? static_cast<std::size_t>(encoder_->frame_size) : any;
    std::size_t done = 0;
    for (; waiting_.size() - done >= size; done += size) encode(std::span(waiting_).subspan(done, size));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
  }

  void encode(std::span<const float> samples) {
    library().av_frame_unref(frame_.get());
    frame_->format = encoder_->sample_fmt;
    frame_->sample_rate = encoder_->sample_rate;
    frame_->nb_samples = static_cast<int>(samples.size());
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
    frame_->ch_layout = mono();
#else
    frame_->channels = 1;
    frame_->channel_layout = AV_CH_LAYOUT_MONO;
#endif
    check(library().av_frame_get_buffer(frame_.get(), 0));
    if (encoder_->sample_fmt == AV_SAMPLE_FMT_S16 || encoder_->sample_fmt == AV_SAMPLE_FMT_S16P) {
      auto* const to = reinterpret_cast<std::int16_t*>(frame_->data[0]);
      for (std::size_t i = 0; i < samples.size(); ++i)  // the resampler may reach beyond 1
        to[i] = static_cast<std::int16_t>(std::lround(std::clamp(samples[i], -1.0F, 1.0F) * 32767.0F));
    } else {
      std::memcpy(frame_->data[0], samples.data(), samples.size_bytes());
    }
    frame_->pts = done_;
    done_ += frame_->nb_samples;
    check(library().avcodec_send_frame(encoder_.get(), frame_.get()));
    write_packets();
  }

  void write_packets() {
    while (true) {
      const int error = library().avcodec_receive_packet(encoder_.get(), packet_.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return;
      check(error);
      packet_->stream_index = stream_->index;
      library().av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
      check(library().av_interleaved_write_frame(format_.get(), packet_.get()));
    }
  }

  std::string name_;
  ByteTarget& target_;
  ffmpeg::IoContext<ByteTarget> io_;
  ffmpeg::Owned<AVFormatContext> format_;
  AVStream* stream_ = nullptr;  // format_'s
  ffmpeg::Owned<AVCodecContext> encoder_;
  ffmpeg::Owned<AVFrame> frame_;
  ffmpeg::Owned<AVPacket> packet_;
  std::unique_ptr<ffmpeg::Resampler> resampler_;
  std::vector<float> waiting_;  // for a whole frame
  std::int64_t done_ = 0;
};

}  // namespace

std::unique_ptr<SoundWriter::Encoder> encode_sound(const std::string& name, ByteTarget& target,
                                                   SoundFormat format, bool is_mp4, int rate) {
  return std::make_unique<FFmpegEncoder>(name, target, format, is_mp4, rate);
}

}  // namespace lp
