#include "media/video_reader.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/exif.hpp"
#include "media/ffmpeg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace lp {
namespace {

using ffmpeg::library;

constexpr std::int64_t most_pixels = 100'000'000;
/// Containers of one stream of pictures or more. Left out: playlists and lists of files, which name others.
constexpr const char* containers =
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,nut,ivf,h264,hevc,obu,m4v,yuv4mpegpipe,gif,mxf,mjpeg";

/// FFmpeg's settings by name.
class Dictionary {
 public:
  Dictionary() = default;
  ~Dictionary() { library().av_dict_free(&dictionary_); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  void set(const char* key, const char* value) {
    if (library().av_dict_set(&dictionary_, key, value, 0) < 0) throw std::bad_alloc();
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// A file in memory, as FFmpeg reads it.
class Source {
 public:
  explicit Source(const std::filesystem::path& path) : file_(path) {
    constexpr int buffer_size = 1 << 16;
    auto* const buffer = static_cast<unsigned char*>(library().av_malloc(buffer_size));
    if (buffer != nullptr)
      io_ = library().avio_alloc_context(buffer, buffer_size, 0, this, read, nullptr, seek);
    if (io_ == nullptr) {
      library().av_free(buffer);
      throw std::bad_alloc();
    }
  }
  ~Source() {
    library().av_free(io_->buffer);
    library().avio_context_free(&io_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  AVIOContext* io() { return io_; }

 private:
  static int read(void* self, std::uint8_t* buffer, int size) {
    auto& source = *static_cast<Source*>(self);
    const auto left = source.file_.bytes().subspan(source.position_);
    const std::size_t taken = std::min(left.size(), static_cast<std::size_t>(size));
    if (taken == 0) return AVERROR_EOF;
    std::memcpy(buffer, left.data(), taken);
    source.position_ += taken;
    return static_cast<int>(taken);
  }

  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& source = *static_cast<Source*>(self);
    const auto size = static_cast<std::int64_t>(source.file_.bytes().size());
    if (whence == AVSEEK_SIZE) return size;
    const std::int64_t start = whence == SEEK_CUR   ? static_cast<std::int64_t>(source.position_)
                               : whence == SEEK_END ? size
                                                    : 0;
    if (offset < -start || offset > size - start) return AVERROR(EINVAL);
    source.position_ = static_cast<std::size_t>(start + offset);
    return start + offset;
  }

  MappedFile file_;
  std::size_t position_ = 0;
  AVIOContext* io_ = nullptr;
};

int refuse_other_files(AVFormatContext* /*format*/, AVIOContext** /*io*/, const char* /*url*/, int /*flags*/,
                       AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

/// Angle by which pictures are to be turned counterclockwise, in degrees; 0 where the stream does not say it.
double rotation_of(const AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const std::span side(stream.codecpar->coded_side_data,
                       static_cast<std::size_t>(stream.codecpar->nb_coded_side_data));
#else
  const std::span side(stream.side_data, static_cast<std::size_t>(stream.nb_side_data));
#endif
  for (const AVPacketSideData& data : side)
    if (data.type == AV_PKT_DATA_DISPLAYMATRIX && data.size >= 9 * sizeof(std::int32_t)) {
      std::array<std::int32_t, 9> matrix{};
      std::memcpy(matrix.data(), data.data, sizeof(matrix));
      const double angle = library().av_display_rotation_get(matrix.data());
      return std::isfinite(angle) ? angle : 0;
    }
  return 0;
}

/// The orientation of Exif data that turns pictures as much, to the next quarter of a turn.
int orientation_of(double counterclockwise) {
  constexpr std::array<int, 4> by_quarter = {1, 8, 3, 6};
  const auto quarters = static_cast<int>(std::lround(counterclockwise / 90));
  return by_quarter[static_cast<std::size_t>((quarters % 4 + 4) % 4)];
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
  Stream(std::string name, std::unique_ptr<Source> source, std::function<bool()> stop)
      : name_(std::move(name)),
        source_(std::move(source)),
        stop_(std::move(stop)),
        frame_(ffmpeg::owned(library().av_frame_alloc())),
        packet_(ffmpeg::owned(library().av_packet_alloc())) {}
  ~Stream() { library().avformat_close_input(&format_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void open_file(int threads) {
    Dictionary settings;
    settings.set("format_whitelist", containers);
    format_ = new_format();
    format_->pb = source_->io();
    format_->io_open = refuse_other_files;
    // On failure avformat_open_input frees what it was given, and sets it to null.
    const int error = library().avformat_open_input(&format_, name_.c_str(), nullptr, settings.get());
    if (error < 0)
      fail(Fault::bad_input, "{}: not a video that is known here: {}", name_, ffmpeg::reason(error));
    open_stream(threads);
  }

  void open_device(const std::string& format, const std::string& device) {
    ffmpeg::register_devices();
    auto* const input = library().av_find_input_format(format.c_str());
    if (input == nullptr)
      fail(Fault::unsupported, "{}: FFmpeg {} has no devices of {}", name_, library().version(), format);
    format_ = new_format();
    const int error = library().avformat_open_input(&format_, device.c_str(), input, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: cannot be opened: {}", name_, ffmpeg::reason(error));
    open_stream(1);
  }

  const VideoInfo& info() const { return info_; }
  std::int64_t broken_packets() const { return broken_; }

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
        .callback = [](void* self) { return static_cast<Stream*>(self)->is_stopped() ? 1 : 0; },
        .opaque = this};
    return format;
  }

  bool is_stopped() const { return stop_ && stop_(); }

  void open_stream(int threads) {
    int error = library().avformat_find_stream_info(format_, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: not a readable video: {}", name_, ffmpeg::reason(error));
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
      AVStream* const stream = format_->streams[i];
      const bool is_cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
      if (stream_ == nullptr && stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover)
        stream_ = stream;
      else
        stream->discard = AVDISCARD_ALL;
    }
    if (stream_ == nullptr) fail(Fault::bad_input, "{}: has no pictures in it", name_);
    const AVCodecParameters& parameters = *stream_->codecpar;
    check_size(parameters.width, parameters.height);
    const auto* const codec = library().avcodec_find_decoder(parameters.codec_id);
    if (codec == nullptr)
      fail(Fault::unsupported, "{}: FFmpeg {} has no decoder for {}", name_, library().version(),
           library().avcodec_get_name(parameters.codec_id));
    decoder_ = ffmpeg::owned(library().avcodec_alloc_context3(codec));
    error = library().avcodec_parameters_to_context(decoder_.get(), &parameters);
    decoder_->max_pixels = most_pixels;
    decoder_->thread_count = threads;
    decoder_->pkt_timebase = stream_->time_base;
    if (error >= 0) error = library().avcodec_open2(decoder_.get(), codec, nullptr);
    if (error < 0) fail(Fault::bad_input, "{}: cannot be decoded: {}", name_, ffmpeg::reason(error));
    orientation_ = orientation_of(rotation_of(*stream_));
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
    info_.frames =
        stream_->nb_frames > 0
            ? stream_->nb_frames
            : static_cast<std::int64_t>(std::min(info_.seconds * info_.frame_rate + 0.5, most_frames));
  }

  void check_size(int width, int height) const {
    if (width < 1 || height < 1 || std::int64_t{width} * height > most_pixels)
      fail(Fault::bad_input, "{}: pictures of {}x{} pixels; from 1 to 100 megapixels are decoded", name_,
           width, height);
  }

  /// The next picture into frame_, its time into seconds_.
  bool decode() {
    while (true) {
      const int got = library().avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got >= 0) break;
      if (got == AVERROR_EOF || (got == AVERROR(EAGAIN) && at_end_)) return finish();
      if (got == AVERROR(EAGAIN)) {
        feed();
      } else {
        broken_ += 1;  // the decoder goes on with what comes
        if (at_end_) return finish();
        feed();
      }
    }
    const std::int64_t stamp = frame_->best_effort_timestamp;
    const double frame_time = info_.frame_rate > 0 ? 1 / info_.frame_rate : 0;
    if (stamp == AV_NOPTS_VALUE) {
      seconds_ = decoded_ == 0 ? 0 : seconds_ + frame_time;
    } else {
      if (decoded_ == 0) first_stamp_ = stamp;
      seconds_ =
          (static_cast<double>(stamp) - static_cast<double>(first_stamp_)) * seconds_of(stream_->time_base);
    }
    ++decoded_;
    return true;
  }

  bool finish() {
    if (decoded_ == 0) fail(Fault::bad_input, "{}: not one picture of it could be decoded", name_);
    return false;
  }

  /// The next packet to the decoder, or the end.
  void feed() {
    const int error = library().av_read_frame(format_, packet_.get());
    if (error == AVERROR(EAGAIN)) return;  // a camera has nothing yet
    if (error < 0) {
      if (error != AVERROR_EOF && error != AVERROR_EXIT) {
        if (source_ == nullptr)
          fail(Fault::io, "{}: gave no more pictures: {}", name_, ffmpeg::reason(error));
        broken_ += 1;
      }
      at_end_ = true;
      library().avcodec_send_packet(decoder_.get(), nullptr);
      return;
    }
    if (packet_->stream_index == stream_->index &&
        library().avcodec_send_packet(decoder_.get(), packet_.get()) < 0)
      broken_ += 1;
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
    if (scaler_ == nullptr) fail(Fault::unsupported, "{}: the format of its pixels is not known here", name_);
    const int full = has_full_range(*frame_) ? 1 : 0;
    const int* const matrix = library().sws_getCoefficients(matrix_of(*frame_));
    library().sws_setColorspaceDetails(scaler_.get(), matrix, full, matrix, 1, 0, 1 << 16, 1 << 16);
    constexpr std::size_t alignment = 64;
    const std::size_t row = static_cast<std::size_t>(width) * 3;
    const std::size_t stride = (row + alignment + alignment - 1) / alignment * alignment;
    rows_.resize(stride * static_cast<std::size_t>(height) + alignment);
    const std::array<std::uint8_t*, 4> planes = {rows_.data(), nullptr, nullptr, nullptr};
    const std::array<int, 4> strides = {static_cast<int>(stride), 0, 0, 0};
    library().sws_scale(scaler_.get(), frame_->data, frame_->linesize, 0, height, planes.data(),
                        strides.data());
    image.width = image.full_width = width;
    image.height = image.full_height = height;
    image.rgb.resize(row * static_cast<std::size_t>(height));
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
      std::memcpy(image.rgb.data() + y * row, rows_.data() + y * stride, row);
  }

  std::string name_;
  std::unique_ptr<Source> source_;  // none: a device. Outlives format_, which reads from it
  std::function<bool()> stop_;
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;
  ffmpeg::Owned<AVCodecContext> decoder_;
  ffmpeg::Owned<AVFrame> frame_;
  ffmpeg::Owned<AVPacket> packet_;
  ffmpeg::Owned<SwsContext> scaler_;
  std::vector<std::uint8_t> rows_;
  VideoInfo info_;
  int orientation_ = 1;
  bool at_end_ = false;
  std::int64_t decoded_ = 0, broken_ = 0, first_stamp_ = 0;
  double seconds_ = 0;
};

std::string video_library_version() {
  return library().version();
}

VideoReader::VideoReader(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&& other) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&& other) noexcept = default;

VideoReader VideoReader::open_file(const std::filesystem::path& path, int threads) {
  auto stream = std::make_unique<Stream>(path.string(), std::make_unique<Source>(path), nullptr);
  stream->open_file(threads);
  return VideoReader(std::move(stream));
}

VideoReader VideoReader::open_camera(const std::string& name, std::function<bool()> stop) {
  auto stream = std::make_unique<Stream>(name, nullptr, std::move(stop));
  if (name == test_camera)
    stream->open_device("lavfi", "testsrc=size=640x480:rate=30,realtime");
  else
#ifdef __APPLE__
    stream->open_device("avfoundation", name + ":none");
#else
    stream->open_device("v4l2", name);
#endif
  return VideoReader(std::move(stream));
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

std::int64_t VideoReader::broken_packets() const {
  return stream_->broken_packets();
}

}  // namespace lp
