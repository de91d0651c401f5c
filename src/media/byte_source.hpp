#pragma once
#include "base/files.hpp"
#include "media/ffmpeg.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <new>
#include <span>

namespace lp::ffmpeg {

/// Bytes as FFmpeg reads them, through an IoContext.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// The next bytes: how many, or an AVERROR.
  virtual int read(std::span<std::uint8_t> bytes) = 0;
  virtual bool can_seek() const = 0;
  virtual std::int64_t seek(std::int64_t position) = 0;
  virtual std::int64_t position() const = 0;
  /// An AVERROR where nobody knows it.
  virtual std::int64_t size() const = 0;
};

/// A file; one that is cut off meanwhile ends earlier.
class FileSource final : public ByteSource {
 public:
  FileSource(const std::filesystem::path& path, const std::function<bool()>& stop)
      : file_(open_regular(path)),
        stop_(stop),
        size_(std::max<std::int64_t>(::lseek(file_.value(), 0, SEEK_END), 0)) {}

  int read(std::span<std::uint8_t> bytes) override {
    if (stop_ && stop_()) return AVERROR_EXIT;
    const ssize_t taken = ::pread(file_.value(), bytes.data(), bytes.size(), position_);
    if (taken < 0) return AVERROR(errno);
    if (taken == 0) return AVERROR_EOF;
    position_ += taken;
    return static_cast<int>(taken);
  }
  bool can_seek() const override { return true; }
  std::int64_t seek(std::int64_t position) override { return position_ = position; }
  std::int64_t position() const override { return position_; }
  std::int64_t size() const override { return size_; }

 private:
  Descriptor file_;
  const std::function<bool()>& stop_;
  std::int64_t size_, position_ = 0;
};

/// What comes out of a pipe, a socket or a terminal, which stays its owner's. `stop` is asked while nothing
/// comes.
class PipeSource final : public ByteSource {
 public:
  PipeSource(int descriptor, const std::function<bool()>& stop) : descriptor_(descriptor), stop_(stop) {}

  int read(std::span<std::uint8_t> bytes) override {
    constexpr int wait_ms = 100;
    while (true) {
      if (stop_ && stop_()) return AVERROR_EXIT;
      pollfd readable{.fd = descriptor_, .events = POLLIN, .revents = 0};
      const int ready = ::poll(&readable, 1, wait_ms);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      const ssize_t taken = ready < 0 ? -1 : ::read(descriptor_, bytes.data(), bytes.size());
      if (taken < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (taken < 0) return AVERROR(errno);
      position_ += taken;
      return taken == 0 ? AVERROR_EOF : static_cast<int>(taken);
    }
  }
  bool can_seek() const override { return false; }
  std::int64_t seek(std::int64_t /*position*/) override { return AVERROR(ESPIPE); }
  std::int64_t position() const override { return position_; }
  std::int64_t size() const override { return AVERROR(ENOSYS); }

 private:
  int descriptor_;
  const std::function<bool()>& stop_;
  std::int64_t position_ = 0;
};

/// AVFormatContext::io_open for files that may name no others.
inline int refuse_other_files(AVFormatContext* /*format*/, AVIOContext** /*io*/, const char* /*url*/,
                              int /*flags*/, AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

/// Has the streams of a file that announces none made, by as many of its packets as probing looks at: for
/// streams that come up meanwhile FFmpeg has no bounds. `packet` is used for it. False if the file cannot be
/// read from its start after that.
inline bool find_streams(AVFormatContext& format, AVPacket& packet, const ByteSource& source,
                         const std::function<bool()>& stop) {
  if ((format.ctx_flags & AVFMTCTX_NOHEADER) == 0) return true;
  while (source.position() < format.probesize && !stop() && library().av_read_frame(&format, &packet) >= 0)
    library().av_packet_unref(&packet);
  if (library().av_seek_frame(&format, -1, 0, AVSEEK_FLAG_BYTE) < 0) return false;
  format.ctx_flags &= ~AVFMTCTX_NOHEADER;
  return true;
}

}  // namespace lp::ffmpeg
