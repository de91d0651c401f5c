#pragma once
#include "media/ffmpeg.hpp"

#include <cstdint>
#include <new>

namespace lp::ffmpeg {

/// FFmpeg's window on a file of ours. `T` has `int read(std::span<std::uint8_t>)` or
/// `int write(std::span<const std::uint8_t>)`, which return a number of bytes or an AVERROR, and
/// `std::int64_t seek(std::int64_t position)`, `position()` and `size()` in bytes; none of them throws, for
/// no exception may pass through C.
template <class T>
class IoContext {
 public:
  explicit IoContext(T& file) {
    constexpr int buffer_size = 1 << 16;
    constexpr bool writes = requires(T& x, std::span<const std::uint8_t> bytes) { x.write(bytes); };
    auto* const buffer = static_cast<unsigned char*>(library().av_malloc(buffer_size));
    if constexpr (writes)
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
  }
  ~IoContext() {
    library().av_free(io_->buffer);  // not the first one: FFmpeg takes larger ones
    library().avio_context_free(&io_);
  }
  IoContext(const IoContext&) = delete;
  IoContext& operator=(const IoContext&) = delete;

  AVIOContext* get() { return io_; }

 private:
  static int read(void* file, std::uint8_t* bytes, int size) {
    return static_cast<T*>(file)->read(std::span(bytes, static_cast<std::size_t>(size)));
  }

#if LIBAVFORMAT_VERSION_MAJOR >= 61
  using Bytes = const std::uint8_t*;
#else
  using Bytes = std::uint8_t*;
#endif
  static int write(void* file, Bytes bytes, int size) {
    return static_cast<T*>(file)->write(std::span<const std::uint8_t>(bytes, static_cast<std::size_t>(size)));
  }

  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& file = *static_cast<T*>(self);
    const std::int64_t size = file.size();
    if (whence == AVSEEK_SIZE) return size;
    const std::int64_t start = whence == SEEK_CUR ? file.position() : whence == SEEK_END ? size : 0;
    // Half of what fits: no sum of the two overflows.
    constexpr std::int64_t most = INT64_MAX / 2;
    if (offset > most || offset < -start) return AVERROR(EINVAL);
    return file.seek(start + offset);
  }

  AVIOContext* io_ = nullptr;
};

}  // namespace lp::ffmpeg
