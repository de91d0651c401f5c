#pragma once
#include "media/byte_target.hpp"
#include "media/ffmpeg.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <new>
#include <span>
#include <type_traits>

namespace lp::ffmpeg {

/// FFmpeg's window on bytes of ours. `T` is a ByteTarget, which is written, or has
/// `int read(std::span<std::uint8_t>)`, which returns a number of bytes or an AVERROR,
/// `std::int64_t seek(std::int64_t position)`, `position()` and `size()` in bytes and `bool can_seek()`; none
/// of them throws, for no exception may pass through C.
template <class T>
class IoContext {
 public:
  explicit IoContext(T& file) {
    constexpr int buffer_size = 1 << 16;
    auto* const buffer = static_cast<unsigned char*>(library().av_malloc(buffer_size));
    if constexpr (is_written)
      io_ = buffer == nullptr
                ? nullptr
                : library().avio_alloc_context(buffer, buffer_size, 1, &file, nullptr, write, seek);
    else
      io_ = buffer == nullptr
                ? nullptr
                : library().avio_alloc_context(buffer, buffer_size, 0, &file, read, nullptr, seek);
    if (io_ == nullptr) {
      library().av_free(buffer);
      throw std::bad_alloc();
    }
    if (!file.can_seek()) io_->seekable = 0;
  }
  ~IoContext() {
    library().av_free(io_->buffer);  // not the first one: FFmpeg takes larger ones
    library().avio_context_free(&io_);
  }
  IoContext(const IoContext&) = delete;
  IoContext& operator=(const IoContext&) = delete;

  AVIOContext* get() { return io_; }

 private:
  static constexpr bool is_written = std::is_same_v<T, ByteTarget>;

  static int read(void* file, std::uint8_t* bytes, int size) {
    return static_cast<T*>(file)->read(std::span(bytes, static_cast<std::size_t>(size)));
  }

#if LIBAVFORMAT_VERSION_MAJOR >= 61
  using Bytes = const std::uint8_t*;
#else
  using Bytes = std::uint8_t*;
#endif
  static int write(void* file, Bytes bytes, int size) {
    const std::span<const std::uint8_t> part(bytes, static_cast<std::size_t>(size));
    return static_cast<T*>(file)->write(std::as_bytes(part)) ? size : AVERROR(EIO);
  }

  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& file = *static_cast<T*>(self);
    const std::int64_t size = file.size();
    if (whence == AVSEEK_SIZE) return size;
    const std::int64_t start = whence == SEEK_CUR ? file.position() : whence == SEEK_END ? size : 0;
    // Half of what fits: no sum of the two overflows.
    constexpr std::int64_t most = INT64_MAX / 2;
    if (offset > most || offset < -start) return AVERROR(EINVAL);
    const std::int64_t position = start + offset;
    if constexpr (is_written) return file.seek(position) ? position : AVERROR(EIO);
    return file.seek(position);
  }

  AVIOContext* io_ = nullptr;
};

}  // namespace lp::ffmpeg
