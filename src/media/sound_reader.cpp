#include "media/sound_reader.hpp"

#include "base/error.hpp"
#include "media/byte_source.hpp"
#include "media/dictionary.hpp"
#include "media/io_context.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

namespace lp {
namespace {

using ffmpeg::ByteSource, ffmpeg::Dictionary, ffmpeg::FileSource, ffmpeg::PipeSource, ffmpeg::library,
    ffmpeg::refuse_other_files;

constexpr int most_streams = 100, most_channels = 64, least_rate = 1000, most_rate = 768'000;
constexpr std::int64_t most_samples = 1 << 24;  // of one piece, in all channels
/// Louder than this is no sound, nor is what is no number.
constexpr float loudest = 1000;
constexpr int most_errors_at_end = 1000;
/// Containers that hold a sound. Left out: playlists and lists of files, which name others.
constexpr const char* containers =
    "wav,w64,aiff,au,caf,mp3,flac,ogg,mov,matroska,aac,ac3,eac3,amr,ape,wv,tta,asf,avi,mpegts,mpeg,flv,nut";
/// Samples without a container.
constexpr const char* raw = "s16le";

}  // namespace

class SoundReader::Stream {
 public:
  Stream(std::string name, int rate, std::function<bool()> stop)
      : name_(std::move(name)),
        rate_(rate),
        stop_([asked = std::move(stop)] { return asked && asked(); }),
        frame_(ffmpeg::owned(library().av_frame_alloc())),
        packet_(ffmpeg::owned(library().av_packet_alloc())) {}
  ~Stream() { library().avformat_close_input(&format_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void open_file(const std::filesystem::path& path, int pcm_rate) {
    auto file = std::make_unique<FileSource>(path, stop_);
    if (file->size() == 0) fail(Fault::bad_input, "{}: the file is empty", name_);
    source_ = std::move(file);
    open(pcm_rate);
  }

  void open_pipe(int descriptor, int pcm_rate) {
    source_ = std::make_unique<PipeSource>(descriptor, stop_);
    open(pcm_rate);
  }

  const SoundInfo& info() const { return info_; }
  std::int64_t damaged_packets() const { return damaged_; }

  bool next(std::vector<float>& samples) {
    if (finished_) return false;
    if (!decode()) {
      finished_ = true;
      if (frames_ == 0 && !stop_())
        fail(Fault::bad_input, "{}: nothing of its sound could be decoded", name_);
      if (resampler_ != nullptr) convert(nullptr, 0, samples);
      return true;
    }
    ++frames_;
    use_resampler(samples);
    convert(const_cast<const std::uint8_t**>(frame_->extended_data), frame_->nb_samples, samples);
    return true;
  }

 private:
  /// Bytes that a WAV file says that it has, or nothing where it is none.
  std::optional<std::uint32_t> wave_bytes() const {
    if (!source_->can_seek()) return {};
    std::array<std::uint8_t, 12> first{};
    source_->read(first);
    source_->seek(0);
    // A video may be RIFF, too, and says itself how long it is.
    if (std::memcmp(first.data(), "RIFF", 4) != 0 || std::memcmp(first.data() + 8, "WAVE", 4) != 0) return {};
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= std::uint32_t{first[4 + i]} << (8 * i);
    return size;
  }

  void open(int pcm_rate) {
    if (pcm_rate != 0) check(pcm_rate, 1);
    io_ = std::make_unique<ffmpeg::IoContext<ByteSource>>(*source_);
    Dictionary settings;
    settings.set("format_whitelist", pcm_rate != 0 ? raw : containers);
    if (pcm_rate != 0) settings.set("sample_rate", std::to_string(pcm_rate).c_str());
    auto* const known = pcm_rate != 0 ? library().av_find_input_format(raw) : nullptr;
    format_ = library().avformat_alloc_context();
    if (format_ == nullptr) throw std::bad_alloc();
    format_->interrupt_callback = {
        .callback = [](void* self) { return static_cast<Stream*>(self)->stop_() ? 1 : 0; }, .opaque = this};
    format_->max_streams = most_streams;
    const std::optional<std::uint32_t> wave = wave_bytes();
    // FFmpeg asks of all samples, again and again, whether they are DTS in disguise, which takes longer than
    // to read them: the first ones tell.
    if (wave) format_->max_probe_packets = 1;
    format_->pb = io_->get();
    format_->io_open = refuse_other_files;
    // On failure avformat_open_input frees what it was given, and sets it to null.
    int error = library().avformat_open_input(&format_, name_.c_str(), known, settings.get());
    if (error < 0 && source_->position() == 0 && !stop_()) fail(Fault::bad_input, "{}: nothing in it", name_);
    if (error < 0)
      fail(Fault::bad_input, "{}: not a sound that is known here: {}", name_, ffmpeg::reason(error));
    if (!source_->can_seek() && (format_->ctx_flags & AVFMTCTX_NOHEADER) != 0)
      fail(Fault::unsupported, "{}: a sound in {} is read from a file only", name_, format_->iformat->name);
    if (!ffmpeg::find_streams(*format_, *packet_, *source_, stop_))
      fail(Fault::bad_input, "{}: cannot be read from its start", name_);
    choose_stream();
    if (stream_ == nullptr) fail(Fault::bad_input, "{}: has no sound in it", name_);
    error = library().avformat_find_stream_info(format_, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: not a readable sound: {}", name_, ffmpeg::reason(error));
    open_decoder();
    // Of a file that was cut off, FFmpeg takes what is left for all. Programs that write into pipes give
    // sizes from here on.
    constexpr std::uint32_t unknown = 0x7F000000;
    if (wave && pcm_rate == 0 && *wave > source_->size() && *wave < unknown) {
      info_.seconds *= static_cast<double>(*wave) / static_cast<double>(source_->size());
      info_.is_estimate = false;
    }
  }

  /// The first stream of sound. All others are passed over, by FFmpeg's probing, too.
  void choose_stream() {
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
      AVStream* const stream = format_->streams[i];
      const bool is_taken = stream_ == nullptr && stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
      if (is_taken) stream_ = stream;
      stream->discard = is_taken ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
  }

  void open_decoder() {
    const AVCodecParameters& parameters = *stream_->codecpar;
    const auto* const codec = library().avcodec_find_decoder(parameters.codec_id);
    if (codec == nullptr)
      fail(Fault::unsupported, "{}: FFmpeg {} has no decoder for {}", name_, library().version(),
           library().avcodec_get_name(parameters.codec_id));
    check(parameters.sample_rate, channels_of(parameters));
    decoder_ = ffmpeg::owned(library().avcodec_alloc_context3(codec));
    int error = library().avcodec_parameters_to_context(decoder_.get(), &parameters);
    decoder_->thread_count = 1;
    decoder_->pkt_timebase = stream_->time_base;
    if (error >= 0) error = library().avcodec_open2(decoder_.get(), codec, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: cannot be decoded: {}", name_, ffmpeg::reason(error));
    info_ = {.seconds = 0,
             .is_estimate = false,
             .rate = parameters.sample_rate,
             .channels = channels_of(parameters),
             .codec = library().avcodec_get_name(parameters.codec_id)};
    info_.is_estimate = format_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
    if (format_->duration > 0) info_.seconds = static_cast<double>(format_->duration) / AV_TIME_BASE;
  }

  template <class Described>
  static int channels_of(const Described& described) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
    return described.ch_layout.nb_channels;
#else
    return described.channels;
#endif
  }

  void check(int rate, int channels) const {
    if (rate < least_rate || rate > most_rate)
      fail(Fault::bad_input, "{}: {} samples a second; {} to {} can be read", name_, rate, least_rate,
           most_rate);
    if (channels < 1 || channels > most_channels)
      fail(Fault::bad_input, "{}: {} channels; 1 to {} can be read", name_, channels, most_channels);
  }

#if LIBAVUTIL_VERSION_INT < AV_VERSION_INT(57, 28, 100)
  /// A layout of that many channels, whatever they are.
  static std::int64_t plain_layout(int channels) {
    const std::int64_t known = library().av_get_default_channel_layout(channels);
    return known != 0 ? known : static_cast<std::int64_t>(~std::uint64_t{0} >> (64 - channels));
  }
#endif

  /// A resampler for what frame_ holds; where that changes, what is left in the one before comes first.
  void use_resampler(std::vector<float>& samples) {
    const std::array<int, 3> kind = {frame_->sample_rate, channels_of(*frame_), frame_->format};
    if (resampler_ != nullptr && kind == kind_) return;
    check(kind[0], kind[1]);
    if (resampler_ != nullptr) convert(nullptr, 0, samples);
    SwrContext* made = nullptr;
    const auto format = static_cast<AVSampleFormat>(frame_->format);
    // All channels come out, and are mixed here: FFmpeg's matrices make a sum louder, and know no 32
    // channels.
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
    AVChannelLayout& layout = frame_->ch_layout;  // FFmpeg 5 takes it without const
    library().swr_alloc_set_opts2(&made, &layout, AV_SAMPLE_FMT_FLTP, rate_, &layout, format, kind[0], 0,
                                  nullptr);
#else
    const std::int64_t layout = frame_->channel_layout != 0
                                    ? static_cast<std::int64_t>(frame_->channel_layout)
                                    : plain_layout(kind[1]);
    made = library().swr_alloc_set_opts(nullptr, layout, AV_SAMPLE_FMT_FLTP, rate_, layout, format, kind[0],
                                        0, nullptr);
#endif
    resampler_ = ffmpeg::owned(made);
    const int error = library().swr_init(made);
    if (error < 0)
      fail(Fault::unsupported, "{}: {} channels at {} samples a second cannot be converted here: {}", name_,
           kind[1], kind[0], ffmpeg::reason(error));
    kind_ = kind;
  }

  /// `count` samples of each channel; none: what is left inside.
  void convert(const std::uint8_t** data, int count, std::vector<float>& samples) {
    const int room = library().swr_get_out_samples(resampler_.get(), count);
    if (room < 0 || std::int64_t{room} * kind_[1] > most_samples)
      fail(Fault::bad_input, "{}: a piece of it has more samples than can be converted", name_);
    const auto channels = static_cast<std::size_t>(kind_[1]), length = static_cast<std::size_t>(room);
    planes_.resize(channels * length);
    std::array<std::uint8_t*, most_channels> to{};
    for (std::size_t c = 0; c < channels; ++c)
      to[c] = reinterpret_cast<std::uint8_t*>(planes_.data() + c * length);
    const int made = std::max(library().swr_convert(resampler_.get(), to.data(), room, data, count), 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(made); ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += planes_[c * length + i];
      const float mean = sum / static_cast<float>(channels);
      samples.push_back(std::abs(mean) <= loudest ? mean : 0.0F);
    }
  }

  bool decode() {
    for (int errors_at_end = 0;;) {
      const int got = library().avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got >= 0) return true;
      if (got == AVERROR_EOF || (at_end_ && (got == AVERROR(EAGAIN) || ++errors_at_end > most_errors_at_end)))
        return false;
      if (got != AVERROR(EAGAIN)) ++damaged_;
      if (!at_end_) feed();
    }
  }

  void feed() {
    const int error = stop_() ? AVERROR_EXIT : library().av_read_frame(format_, packet_.get());
    if (error < 0) {
      if (error != AVERROR_EOF && error != AVERROR_EXIT) ++damaged_;
      at_end_ = true;
      library().avcodec_send_packet(decoder_.get(), nullptr);
      return;
    }
    if (packet_->stream_index == stream_->index &&
        library().avcodec_send_packet(decoder_.get(), packet_.get()) < 0)
      ++damaged_;
    library().av_packet_unref(packet_.get());
  }

  std::string name_;
  int rate_;
  std::function<bool()> stop_;
  std::unique_ptr<ByteSource> source_;                 // these two outlive format_, which
  std::unique_ptr<ffmpeg::IoContext<ByteSource>> io_;  // reads from them
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;  // format_'s
  ffmpeg::Owned<AVCodecContext> decoder_;
  ffmpeg::Owned<AVFrame> frame_;
  ffmpeg::Owned<AVPacket> packet_;
  ffmpeg::Owned<SwrContext> resampler_;
  std::vector<float> planes_;
  std::array<int, 3> kind_{};  // what resampler_ takes: rate, channels, format
  SoundInfo info_;
  std::int64_t frames_ = 0, damaged_ = 0;
  bool at_end_ = false, finished_ = false;
};

SoundReader::SoundReader(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
SoundReader::~SoundReader() = default;
SoundReader::SoundReader(SoundReader&& other) noexcept = default;
SoundReader& SoundReader::operator=(SoundReader&& other) noexcept = default;

SoundReader SoundReader::open_file(const std::filesystem::path& path, int rate, std::function<bool()> stop,
                                   int pcm_rate) {
  auto stream = std::make_unique<Stream>(path.string(), rate, std::move(stop));
  stream->open_file(path, pcm_rate);
  return SoundReader(std::move(stream));
}

SoundReader SoundReader::open_pipe(int descriptor, const std::string& name, int rate,
                                   std::function<bool()> stop, int pcm_rate) {
  auto stream = std::make_unique<Stream>(name, rate, std::move(stop));
  struct stat status{};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    stream->open_file(fmt::format("/dev/fd/{}", descriptor), pcm_rate);
  else
    stream->open_pipe(descriptor, pcm_rate);
  return SoundReader(std::move(stream));
}

const SoundInfo& SoundReader::info() const {
  return stream_->info();
}

bool SoundReader::next(std::vector<float>& samples) {
  return stream_->next(samples);
}

std::int64_t SoundReader::damaged_packets() const {
  return stream_->damaged_packets();
}

}  // namespace lp
