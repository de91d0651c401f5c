#include "media/video_writer.hpp"

#include "base/error.hpp"
#include "media/byte_target.hpp"
#include "media/io_context.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

namespace lp {
namespace {

using ffmpeg::library;

constexpr int ticks_a_second = 1000;  // MPEG-4 part 2 can tell at most 65,535

}  // namespace

class VideoWriter::Stream {
 public:
  Stream(const std::filesystem::path& path, int width, int height, double frame_rate, int threads)
      : name_(path.string()),
        target_(path),
        io_(target_),
        frame_(ffmpeg::owned(library().av_frame_alloc())),
        packet_(ffmpeg::owned(library().av_packet_alloc())),
        width_(std::max(2, width - width % 2)),
        height_(std::max(2, height - height % 2)) {
    open_encoder(frame_rate, threads);
    AVFormatContext* format = nullptr;
    check(library().avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr));
    format_ = ffmpeg::owned(format);
    format_->pb = io_.get();
    stream_ = library().avformat_new_stream(format_.get(), nullptr);
    if (stream_ == nullptr) throw std::bad_alloc();
    stream_->time_base = encoder_->time_base;
    check(library().avcodec_parameters_from_context(stream_->codecpar, encoder_.get()));
    check(library().avformat_write_header(format_.get(), nullptr));
    frame_->format = encoder_->pix_fmt;
    frame_->width = width_;
    frame_->height = height_;
    check(library().av_frame_get_buffer(frame_.get(), 0));
  }

  void write(const Image& image, double seconds) {
    check(library().av_frame_make_writable(frame_.get()));
    convert(image);
    constexpr double most_seconds = 1e9;
    const auto ticks =
        static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, most_seconds) * ticks_a_second));
    frame_->pts = last_ = std::max(ticks, last_ + 1);
    check(library().avcodec_send_frame(encoder_.get(), frame_.get()));
    write_packets();
  }

  void commit() {
    check(library().avcodec_send_frame(encoder_.get(), nullptr));
    write_packets();
    check(library().av_write_trailer(format_.get()));
    target_.commit();
  }

  const std::string& encoder() const { return encoder_name_; }

 private:
  void check(int error) const {
    target_.check();
    if (error < 0) fail(Fault::io, "{}: the video cannot be written: {}", name_, ffmpeg::reason(error));
  }

  void open_encoder(double frame_rate, int threads) {
    constexpr double least_rate = 1, most_rate = 240, usual_rate = 30;
    const bool is_known = std::isfinite(frame_rate) && frame_rate > 0;
    const double rate = is_known ? std::clamp(frame_rate, least_rate, most_rate) : usual_rate;
    ticks_a_frame_ = std::llround(ticks_a_second / (is_known ? std::min(frame_rate, most_rate) : usual_rate));
    constexpr std::array<const char*, 4> names = {"libx264", "h264_videotoolbox", "libopenh264", "mpeg4"};
    int error = 0;
    for (const char* const name : names) {
      const auto* const codec = library().avcodec_find_encoder_by_name(name);
      if (codec == nullptr) continue;
      encoder_ = ffmpeg::owned(library().avcodec_alloc_context3(codec));
      set_up(*encoder_, rate, threads);
      error = library().avcodec_open2(encoder_.get(), codec, nullptr);
      if (error >= 0) {
        encoder_name_ = name;
        return;
      }
    }
    fail(Fault::unsupported, "{}: FFmpeg {} has no encoder for it: {}", name_, library().version(),
         ffmpeg::reason(error));
  }

  void set_up(AVCodecContext& encoder, double rate, int threads) const {
    constexpr double bits_a_pixel = 0.15;
    encoder.width = width_;
    encoder.height = height_;
    encoder.pix_fmt = AV_PIX_FMT_YUV420P;
    encoder.time_base = {1, ticks_a_second};
    encoder.framerate = {static_cast<int>(std::lround(rate * ticks_a_second)), ticks_a_second};
    encoder.bit_rate = std::llround(bits_a_pixel * width_ * height_ * rate);
    encoder.gop_size = static_cast<int>(std::lround(rate * 2));
    encoder.max_b_frames = 0;
    encoder.thread_count = threads;
    encoder.colorspace = height_ >= 720 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    encoder.color_range = AVCOL_RANGE_MPEG;
    encoder.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;  // MP4 has the headers once
  }

  void convert(const Image& image) {
    scaler_.reset(library().sws_getCachedContext(scaler_.release(), image.width, image.height,
                                                 AV_PIX_FMT_RGB24, width_, height_, encoder_->pix_fmt,
                                                 SWS_BICUBIC, nullptr, nullptr, nullptr));
    if (scaler_ == nullptr)
      fail(Fault::io, "{}: a picture of {}x{} pixels cannot be scaled", name_, image.width, image.height);
    const int* const matrix = library().sws_getCoefficients(height_ >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    library().sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
    // swscale's fast loops may read past a row's end: its rows are ours, with room after the last one.
    constexpr std::size_t room = 64;
    rows_.resize(image.rgb.size() + room);
    std::memcpy(rows_.data(), image.rgb.data(), image.rgb.size());
    const std::array<const std::uint8_t*, 4> planes = {rows_.data(), nullptr, nullptr, nullptr};
    const std::array<int, 4> strides = {image.width * 3, 0, 0, 0};
    if (library().sws_scale(scaler_.get(), planes.data(), strides.data(), 0, image.height, frame_->data,
                            frame_->linesize) < 0)
      fail(Fault::io, "{}: a picture of {}x{} pixels cannot be scaled", name_, image.width, image.height);
  }

  void write_packets() {
    while (true) {
      const int error = library().avcodec_receive_packet(encoder_.get(), packet_.get());
      if (error == AVERROR(EAGAIN) || error == AVERROR_EOF) return;
      check(error);
      packet_->stream_index = stream_->index;
      if (packet_->duration <= 0)
        packet_->duration = ticks_a_frame_;  // else the last picture has none, and is cut off
      library().av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
      check(library().av_interleaved_write_frame(format_.get(), packet_.get()));
    }
  }

  std::string name_, encoder_name_;
  ByteTarget target_;
  ffmpeg::IoContext<ByteTarget> io_;
  ffmpeg::Owned<AVFormatContext> format_;
  AVStream* stream_ = nullptr;  // format_'s
  ffmpeg::Owned<AVCodecContext> encoder_;
  ffmpeg::Owned<AVFrame> frame_;
  ffmpeg::Owned<AVPacket> packet_;
  ffmpeg::Owned<SwsContext> scaler_;
  std::vector<std::uint8_t> rows_;
  int width_, height_;
  std::int64_t last_ = -1, ticks_a_frame_ = 0;
};

VideoWriter::VideoWriter(const std::filesystem::path& path, int width, int height, double frame_rate,
                         int threads)
    : stream_(std::make_unique<Stream>(path, width, height, frame_rate, threads)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const Image& image, double seconds) {
  stream_->write(image, seconds);
}

void VideoWriter::commit() {
  stream_->commit();
}

const std::string& VideoWriter::encoder() const {
  return stream_->encoder();
}

}  // namespace lp
