#pragma once
#include "formats/image.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace lp {

/// Writes pictures as an MP4 video, through FFmpeg's libraries: in H.264 where FFmpeg has an encoder for it,
/// else in MPEG-4 part 2, which it always has. BT.601 or, from 720 rows on, BT.709, 4:2:0; an odd row or
/// column is scaled away. The final name never holds a part of the video. One thread at a time.
class VideoWriter {
 public:
  /// `frame_rate`: that is expected, for the encoder's choices; pictures carry their times. `threads`: that
  /// encode. @throws Error{io}; Error{unsupported} without FFmpeg or an encoder.
  VideoWriter(const std::filesystem::path& path, int width, int height, double frame_rate, int threads);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// The next picture. A time that is not after the one before is moved to the next millisecond; another size
  /// is scaled to the first. @throws Error{io}.
  void write(const Image& image, double seconds);

  /// Ends the video and gives the file its name. @throws Error{io}.
  void commit();

  /// As FFmpeg calls the encoder: "libx264".
  const std::string& encoder() const;

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace lp
