#pragma once
#include "base/files.hpp"
#include "media/ffmpeg.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <new>
#include <span>

namespace lp::ffmpeg {

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

/// A file as FFmpeg reads it; one that is cut off meanwhile ends earlier.
class FileSource {
 public:
  FileSource(const std::filesystem::path& path, const std::function<bool()>& stop)
      : file_(open_regular(path)),
        stop_(stop),
        size_(std::max<std::int64_t>(::lseek(file_.value(), 0, SEEK_END), 0)) {}

  int read(std::span<std::uint8_t> bytes) {
    if (stop_ && stop_()) return AVERROR_EXIT;
    const ssize_t taken = ::pread(file_.value(), bytes.data(), bytes.size(), position_);
    if (taken < 0) return AVERROR(errno);
    if (taken == 0) return AVERROR_EOF;
    position_ += taken;
    return static_cast<int>(taken);
  }
  std::int64_t seek(std::int64_t position) { return position_ = position; }
  std::int64_t position() const { return position_; }
  std::int64_t size() const { return size_; }

 private:
  Descriptor file_;
  const std::function<bool()>& stop_;
  std::int64_t size_, position_ = 0;
};

/// AVFormatContext::io_open for files that may name no others.
inline int refuse_other_files(AVFormatContext* /*format*/, AVIOContext** /*io*/, const char* /*url*/,
                              int /*flags*/, AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

/// Has the streams of a file that announces none made, by as many of its packets as probing looks at: for
/// streams that come up meanwhile FFmpeg has no bounds. `packet` is used for it. False if the file cannot be
/// read from its start after that.
inline bool find_streams(AVFormatContext& format, AVPacket& packet, const FileSource& source,
                         const std::function<bool()>& stop) {
  if ((format.ctx_flags & AVFMTCTX_NOHEADER) == 0) return true;
  while (source.position() < format.probesize && !stop() && library().av_read_frame(&format, &packet) >= 0)
    library().av_packet_unref(&packet);
  if (library().av_seek_frame(&format, -1, 0, AVSEEK_FLAG_BYTE) < 0) return false;
  format.ctx_flags &= ~AVFMTCTX_NOHEADER;
  return true;
}

}  // namespace lp::ffmpeg
