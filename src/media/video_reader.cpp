#include "media/video_reader.hpp"

#include "base/error.hpp"
#include "formats/exif.hpp"
#include "media/byte_source.hpp"
#include "media/dictionary.hpp"
#include "media/io_context.hpp"
#include "media/orientation.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace lp {
namespace {

using ffmpeg::Dictionary, ffmpeg::FileSource, ffmpeg::library, ffmpeg::refuse_other_files;

/// Of a picture: 8K. A decoder keeps a dozen of them.
constexpr std::int64_t most_pixels = 36'000'000;
constexpr int most_streams = 100;
/// Errors of a decoder in a row, at the end of a file, until nothing more is expected of it.
constexpr int most_errors_at_end = 1000;
/// A camera is asked this often.
constexpr std::chrono::milliseconds camera_pause(2);
/// Times that go backward, or further ahead than this, are those of another recording behind the first.
constexpr double most_gap = 24 * 3600;
/// Containers of one stream of pictures or more. Left out: playlists and lists of files, which name others.
constexpr const char* containers =
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,nut,ivf,h264,hevc,obu,m4v,yuv4mpegpipe,gif,mxf,mjpeg";

/// How the stream's pictures are to be turned and mirrored, as in Exif data.
int stream_orientation(const AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const std::span side(stream.codecpar->coded_side_data,
                       static_cast<std::size_t>(stream.codecpar->nb_coded_side_data));
#else
  const std::span side(stream.side_data, static_cast<std::size_t>(stream.nb_side_data));
#endif
  std::array<std::int32_t, 9> matrix{};
  for (const AVPacketSideData& data : side)
    if (data.type == AV_PKT_DATA_DISPLAYMATRIX && static_cast<std::size_t>(data.size) >= sizeof(matrix)) {
      std::memcpy(matrix.data(), data.data, sizeof(matrix));
      return orientation_of(matrix);
    }
  return 1;
}

bool has_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P: return true;
    default: return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

int matrix_of(const AVFrame& frame) {
  if (frame.colorspace != AVCOL_SPC_UNSPECIFIED && frame.colorspace != AVCOL_SPC_RGB)
    return frame.colorspace;  // SWS_CS_* have the same numbers
  return frame.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

double seconds_of(AVRational base) {
  return base.den == 0 ? 0 : static_cast<double>(base.num) / static_cast<double>(base.den);
}

}  // namespace

class VideoReader::Stream {
 public:
  Stream(std::string name, std::function<bool()> stop)
      : name_(std::move(name)),
        stop_([this, asked = std::move(stop)] { return interrupted_ || (asked && asked()); }),
        frame_(ffmpeg::owned(library().av_frame_alloc())),
        packet_(ffmpeg::owned(library().av_packet_alloc())) {}
  ~Stream() { library().avformat_close_input(&format_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void open_file(const std::filesystem::path& path, int threads) {
    source_ = std::make_unique<FileSource>(path, stop_);
    io_ = std::make_unique<ffmpeg::IoContext<FileSource>>(*source_);
    Dictionary settings;
    settings.set("format_whitelist", containers);
    format_ = new_format();
    format_->pb = io_->get();
    format_->io_open = refuse_other_files;
    // On failure avformat_open_input frees what it was given, and sets it to null.
    const int error = library().avformat_open_input(&format_, name_.c_str(), nullptr, settings.get());
    if (error < 0)
      fail(Fault::bad_input, "{}: not a video that is known here: {}", name_, ffmpeg::reason(error));
    open_stream(threads);
  }

  /// `rates`: pictures a second to ask for, one after the other; "" is the device's own.
  void open_device(const std::string& format, const std::string& device,
                   std::initializer_list<const char*> rates) {
    ffmpeg::register_devices();
    auto* const input = library().av_find_input_format(format.c_str());
    if (input == nullptr)
      fail(Fault::unsupported, "{}: FFmpeg {} has no devices of {}", name_, library().version(), format);
    int error = 0;
    for (const char* const rate : rates) {
      Dictionary settings;
      if (*rate != 0) settings.set("framerate", rate);
      format_ = new_format();
      format_->flags |= AVFMT_FLAG_NONBLOCK;  // or a camera that gives nothing could not be left
      error = library().avformat_open_input(&format_, device.c_str(), input, settings.get());
      if (error >= 0) return open_stream(1);
    }
    fail(Fault::bad_input, "{}: cannot be opened: {}", name_, ffmpeg::reason(error));
  }

  void interrupt() { interrupted_ = true; }
  const VideoInfo& info() const { return info_; }
  VideoDamage damage() const { return damage_; }

  bool next(VideoFrame& frame) {
    if (!decode()) return false;
    convert(frame.image);
    make_upright(frame.image, orientation_);
    frame.seconds = seconds_;
    frame.index = decoded_ - 1;
    return true;
  }

  bool skip() { return decode(); }

 private:
  AVFormatContext* new_format() {
    AVFormatContext* const format = library().avformat_alloc_context();
    if (format == nullptr) throw std::bad_alloc();
    format->interrupt_callback = {
        .callback = [](void* self) { return static_cast<Stream*>(self)->stop_() ? 1 : 0; }, .opaque = this};
    format->max_streams = most_streams;
    return format;
  }

  /// The first stream of moving pictures. All others are passed over, by FFmpeg's probing, too.
  AVStream* choose_stream() const {
    AVStream* chosen = nullptr;
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
      AVStream* const stream = format_->streams[i];
      const bool is_cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
      const bool is_taken =
          chosen == nullptr && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover;
      if (is_taken) chosen = stream;
      stream->discard = is_taken ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    return chosen;
  }

  /// Lets FFmpeg find out what the container does not say. It decodes pictures for that, with decoders of its
  /// own, to which the same bounds are given.
  void probe() {
    if (source_ && !ffmpeg::find_streams(*format_, *packet_, *source_, stop_))
      fail(Fault::bad_input, "{}: cannot be read from its start", name_);
    if (const AVStream* const known = choose_stream(); known != nullptr && known->codecpar->width > 0)
      check_size(known->codecpar->width, known->codecpar->height);
    const std::size_t count = format_->nb_streams;
    std::vector<Dictionary> bounds(count);
    std::vector<AVDictionary*> settings;
    for (Dictionary& bound : bounds) {
      bound.set("max_pixels", std::to_string(most_pixels).c_str());
      bound.set("threads", "1");
      settings.push_back(*bound.get());
    }
    const int error = library().avformat_find_stream_info(format_, settings.data());
    for (std::size_t i = 0; i < count; ++i) *bounds[i].get() = settings[i];  // what was not used
    if (stop_()) fail(Fault::bad_input, "{}: was not read to its end", name_);
    if (error < 0) fail(Fault::bad_input, "{}: not a readable video: {}", name_, ffmpeg::reason(error));
  }

  void open_stream(int threads) {
    probe();
    stream_ = choose_stream();
    if (stream_ == nullptr) fail(Fault::bad_input, "{}: has no pictures in it", name_);
    const AVCodecParameters& parameters = *stream_->codecpar;
    check_size(parameters.width, parameters.height);
    const auto* const codec = library().avcodec_find_decoder(parameters.codec_id);
    if (codec == nullptr)
      fail(Fault::unsupported, "{}: FFmpeg {} has no decoder for {}", name_, library().version(),
           library().avcodec_get_name(parameters.codec_id));
    decoder_ = ffmpeg::owned(library().avcodec_alloc_context3(codec));
    int error = library().avcodec_parameters_to_context(decoder_.get(), &parameters);
    decoder_->max_pixels = most_pixels;
    decoder_->thread_count = threads;
    decoder_->pkt_timebase = stream_->time_base;
    if (error >= 0) error = library().avcodec_open2(decoder_.get(), codec, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: cannot be decoded: {}", name_, ffmpeg::reason(error));
    orientation_ = stream_orientation(*stream_);
    describe(parameters);
  }

  void describe(const AVCodecParameters& parameters) {
    info_.width = parameters.width;
    info_.height = parameters.height;
    if (orientation_ > 4) std::swap(info_.width, info_.height);
    info_.codec = library().avcodec_get_name(parameters.codec_id);
    const double rate = seconds_of(library().av_guess_frame_rate(format_, stream_, nullptr));
    if (std::isfinite(rate) && rate > 0) info_.frame_rate = rate;
    if (stream_->duration > 0)
      info_.seconds = static_cast<double>(stream_->duration) * seconds_of(stream_->time_base);
    else if (format_->duration > 0)
      info_.seconds = static_cast<double>(format_->duration) / AV_TIME_BASE;
    constexpr double most_frames = 1e12;
    const double frames = stream_->nb_frames > 0 ? static_cast<double>(stream_->nb_frames)
                                                 : info_.seconds * info_.frame_rate + 0.5;
    info_.frames = static_cast<std::int64_t>(std::min(frames, most_frames));
  }

  void check_size(int width, int height) const {
    if (width < 1 || height < 1) fail(Fault::bad_input, "{}: the size of its pictures is not known", name_);
    if (std::int64_t{width} * height > most_pixels)
      fail(Fault::bad_input, "{}: pictures of {}x{} pixels; of videos at most {} megapixels are decoded",
           name_, width, height, most_pixels / 1'000'000);
  }

  /// The next picture into frame_, its time into seconds_.
  bool decode() {
    for (int errors_at_end = 0;;) {
      const int got = library().avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got >= 0) break;
      if (got == AVERROR_EOF || (at_end_ && (got == AVERROR(EAGAIN) || ++errors_at_end > most_errors_at_end)))
        return finish();
      if (got != AVERROR(EAGAIN)) ++damage_.packets;  // the decoder goes on with what comes
      if (!at_end_) feed();
    }
    if ((frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0) ++damage_.frames;
    take_time();
    ++decoded_;
    return true;
  }

  /// Times begin with 0 and rise, whatever the file has.
  void take_time() {
    const double frame_time = info_.frame_rate > 0 ? 1 / info_.frame_rate : 0;
    const double expected = decoded_ == 0 ? 0 : seconds_ + frame_time;
    const std::int64_t stamp = frame_->best_effort_timestamp;
    if (stamp == AV_NOPTS_VALUE) {
      seconds_ = expected;
      return;
    }
    const double stamped = static_cast<double>(stamp) * seconds_of(stream_->time_base);
    if (!start_) start_ = stamped - expected;
    if (const double time = stamped - *start_;
        decoded_ > 0 && (time < seconds_ || time > seconds_ + most_gap))
      start_ = stamped - expected;
    seconds_ = stamped - *start_;
  }

  bool finish() {
    if (decoded_ == 0 && !stop_())
      fail(Fault::bad_input, "{}: not one picture of it could be decoded", name_);
    return false;
  }

  /// The next packet to the decoder, or the end.
  void feed() {
    const int error = stop_() ? AVERROR_EXIT : library().av_read_frame(format_, packet_.get());
    if (error == AVERROR(EAGAIN)) {  // a camera has nothing yet
      std::this_thread::sleep_for(camera_pause);
      return;
    }
    if (error < 0) {
      if (error != AVERROR_EOF && error != AVERROR_EXIT) {
        if (!source_) fail(Fault::io, "{}: gave no more pictures: {}", name_, ffmpeg::reason(error));
        ++damage_.packets;
      }
      at_end_ = true;
      library().avcodec_send_packet(decoder_.get(), nullptr);
      return;
    }
    if (packet_->stream_index == stream_->index) {
      const bool is_corrupt = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
      if (library().avcodec_send_packet(decoder_.get(), packet_.get()) < 0 || is_corrupt) ++damage_.packets;
    }
    library().av_packet_unref(packet_.get());
  }

  /// frame_ as RGB. The rows of an Image lie without gaps, where swscale's fast loops would write past a
  /// row's end; so it writes into rows of its own.
  void convert(Image& image) {
    const int width = frame_->width, height = frame_->height;
    check_size(width, height);
    const auto format = static_cast<AVPixelFormat>(frame_->format);
    scaler_.reset(library().sws_getCachedContext(scaler_.release(), width, height, format, width, height,
                                                 AV_PIX_FMT_RGB24, SWS_BICUBIC, nullptr, nullptr, nullptr));
    if (scaler_ == nullptr) fail(Fault::unsupported, "{}: its pixels cannot be converted to RGB here", name_);
    const int full = has_full_range(*frame_) ? 1 : 0;
    const int* const matrix = library().sws_getCoefficients(matrix_of(*frame_));
    library().sws_setColorspaceDetails(scaler_.get(), matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
    constexpr std::size_t alignment = 64;
    const std::size_t row = static_cast<std::size_t>(width) * 3;
    const std::size_t stride = (row + alignment + alignment - 1) / alignment * alignment;
    rows_.resize(stride * static_cast<std::size_t>(height) + alignment);
    const std::array<std::uint8_t*, 4> planes = {rows_.data(), nullptr, nullptr, nullptr};
    const std::array<int, 4> strides = {static_cast<int>(stride), 0, 0, 0};
    if (library().sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, height, planes.data(),
                            strides.data()) != height)
      fail(Fault::internal, "{}: a picture could not be converted to RGB", name_);
    image.width = image.full_width = width;
    image.height = image.full_height = height;
    image.rgb.resize(row * static_cast<std::size_t>(height));
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
      std::memcpy(image.rgb.data() + y * row, rows_.data() + y * stride, row);
  }

  std::string name_;
  std::atomic<bool> interrupted_ = false;
  std::function<bool()> stop_;
  std::unique_ptr<FileSource> source_;                 // none: a device. These two outlive format_, which
  std::unique_ptr<ffmpeg::IoContext<FileSource>> io_;  // reads from them
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;  // format_'s
  ffmpeg::Owned<AVCodecContext> decoder_;
  ffmpeg::Owned<AVFrame> frame_;
  ffmpeg::Owned<AVPacket> packet_;
  ffmpeg::Owned<SwsContext> scaler_;
  std::vector<std::uint8_t> rows_;
  VideoInfo info_;
  VideoDamage damage_;
  int orientation_ = 1;
  bool at_end_ = false;
  std::int64_t decoded_ = 0;
  std::optional<double> start_;  // what stands in the file where seconds_ would be 0
  double seconds_ = 0;           // of the last picture
};

std::string video_library_version() {
  return library().version();
}

void check_camera_library() {
  ffmpeg::register_devices();
}

VideoReader::VideoReader(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&& other) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&& other) noexcept = default;

VideoReader VideoReader::open_file(const std::filesystem::path& path, int threads,
                                   std::function<bool()> stop) {
  auto stream = std::make_unique<Stream>(path.string(), std::move(stop));
  stream->open_file(path, threads);
  return VideoReader(std::move(stream));
}

VideoReader VideoReader::open_camera(const std::string& name, std::function<bool()> stop) {
  auto stream = std::make_unique<Stream>(name, std::move(stop));
  if (name == test_camera)
    stream->open_device("lavfi", "testsrc=size=640x480:rate=30,realtime", {""});
  else
#ifdef __APPLE__
    // FFmpeg's own choice, 29.97 a second, is one that many cameras refuse.
    stream->open_device("avfoundation", name + ":none", {"30", "15", ""});
#else
    stream->open_device("v4l2", name, {""});
#endif
  return VideoReader(std::move(stream));
}

void VideoReader::interrupt() {
  stream_->interrupt();
}

const VideoInfo& VideoReader::info() const {
  return stream_->info();
}

bool VideoReader::next(VideoFrame& frame) {
  return stream_->next(frame);
}

bool VideoReader::skip() {
  return stream_->skip();
}

VideoDamage VideoReader::damage() const {
  return stream_->damage();
}

}  // namespace lp
