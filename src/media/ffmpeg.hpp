#pragma once
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <new>
#include <span>
#include <string>

namespace lp::ffmpeg {

/// The functions of FFmpeg's libraries that we call, by their own names. The libraries are opened at the
/// first call of `library()`: they may be absent, and may be built under the LGPL or the GPL.
struct Library {
#define LP_FFMPEG_FUNCTIONS(X)                \
  X(avutil, av_log_set_level)                 \
  X(avutil, av_strerror)                      \
  X(avutil, av_version_info)                  \
  X(avutil, avutil_version)                   \
  X(avcodec, avcodec_version)                 \
  X(avformat, avformat_version)               \
  X(swscale, swscale_version)                 \
  X(avutil, av_max_alloc)                     \
  X(avutil, av_malloc)                        \
  X(avutil, av_free)                          \
  X(avutil, av_dict_set)                      \
  X(avutil, av_dict_free)                     \
  X(avutil, av_frame_alloc)                   \
  X(avutil, av_frame_free)                    \
  X(avutil, av_frame_unref)                   \
  X(avutil, av_frame_get_buffer)              \
  X(avutil, av_frame_make_writable)           \
  X(avcodec, avcodec_find_decoder)            \
  X(avcodec, avcodec_find_encoder_by_name)    \
  X(avcodec, avcodec_alloc_context3)          \
  X(avcodec, avcodec_free_context)            \
  X(avcodec, avcodec_get_name)                \
  X(avformat, av_seek_frame)                  \
  X(avcodec, avcodec_open2)                   \
  X(avcodec, avcodec_parameters_to_context)   \
  X(avcodec, avcodec_parameters_from_context) \
  X(avcodec, avcodec_send_packet)             \
  X(avcodec, avcodec_receive_frame)           \
  X(avcodec, avcodec_send_frame)              \
  X(avcodec, avcodec_receive_packet)          \
  X(avcodec, av_packet_alloc)                 \
  X(avcodec, av_packet_free)                  \
  X(avcodec, av_packet_unref)                 \
  X(avcodec, av_packet_rescale_ts)            \
  X(avformat, avformat_alloc_context)         \
  X(avformat, avformat_open_input)            \
  X(avformat, avformat_close_input)           \
  X(avformat, avformat_find_stream_info)      \
  X(avformat, avformat_free_context)          \
  X(avformat, avformat_alloc_output_context2) \
  X(avformat, avformat_new_stream)            \
  X(avformat, avformat_write_header)          \
  X(avformat, av_interleaved_write_frame)     \
  X(avformat, av_write_trailer)               \
  X(avformat, av_find_input_format)           \
  X(avformat, av_guess_frame_rate)            \
  X(avformat, av_read_frame)                  \
  X(avformat, avio_alloc_context)             \
  X(avformat, avio_context_free)              \
  X(swresample, swresample_version)           \
  X(swresample, swr_init)                     \
  X(swresample, swr_convert)                  \
  X(swresample, swr_get_out_samples)          \
  X(swresample, swr_free)                     \
  X(swscale, sws_getCachedContext)            \
  X(swscale, sws_getCoefficients)             \
  X(swscale, sws_setColorspaceDetails)        \
  X(swscale, sws_scale)                       \
  X(swscale, sws_freeContext)
// Channel layouts are structs since FFmpeg 5.1.
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 28, 100)
#define LP_FFMPEG_LAYOUT_FUNCTIONS(X) X(swresample, swr_alloc_set_opts2)
#else
#define LP_FFMPEG_LAYOUT_FUNCTIONS(X) \
  X(swresample, swr_alloc_set_opts) X(avutil, av_get_default_channel_layout)
#endif
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares
#define LP_FFMPEG_POINTER(lib, name) decltype(&::name) name = nullptr;
  LP_FFMPEG_FUNCTIONS(LP_FFMPEG_POINTER)
  LP_FFMPEG_LAYOUT_FUNCTIONS(LP_FFMPEG_POINTER)
#undef LP_FFMPEG_POINTER

  /// "5.1.9-0+deb12u1"
  std::string version() const { return av_version_info(); }
};

/// FFmpeg's libraries. Thread-safe. @throws Error{unsupported} if they are not there, at each call.
const Library& library();

/// Makes cameras and screens known as input formats, by libavdevice. @throws Error{unsupported}.
void register_devices();

/// FFmpeg's words for an error number.
std::string reason(int error);

/// Frees what FFmpeg allocated.
struct Free {
  void operator()(AVCodecContext* context) const { library().avcodec_free_context(&context); }
  void operator()(AVFormatContext* written) const { library().avformat_free_context(written); }
  void operator()(AVFrame* frame) const { library().av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { library().av_packet_free(&packet); }
  void operator()(SwrContext* context) const { library().swr_free(&context); }
  void operator()(SwsContext* context) const { library().sws_freeContext(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Takes over what FFmpeg allocated. @throws std::bad_alloc if it could not.
template <class T>
Owned<T> owned(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return Owned<T>(pointer);
}

}  // namespace lp::ffmpeg
