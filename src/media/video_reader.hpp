#pragma once
#include "formats/image.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace lp {

/// What a video says of itself.
struct VideoInfo {
  int width = 0, height = 0;  // pixels, upright
  double frame_rate = 0;      // frames a second; 0 where nothing says it
  double seconds = 0;         // length; 0 where nothing says it
  std::int64_t frames = 0;    // as the container has it, or by length and rate; 0 where nothing says it
  std::string codec;          // as FFmpeg calls it: "h264"
};

/// The version of FFmpeg's libraries. @throws Error{unsupported} if they are not there.
std::string video_library_version();

/// @throws Error{unsupported} if FFmpeg's libavdevice, which reads cameras, is not there.
void check_camera_library();

/// The name of a camera that is none: FFmpeg's test card, 640x480 at 30 frames a second.
inline constexpr std::string_view test_camera = "test card";

/// What of a video could not be decoded as it should be, so far.
struct VideoDamage {
  std::int64_t packets = 0;  // the pictures in them are missing or damaged
  std::int64_t frames = 0;   // pictures that the decoder says are damaged; it does not notice all
};

/// A picture of a video.
struct VideoFrame {
  Image image;             // of the size of its own: a stream may change it
  double seconds = 0;      // since the first picture; rising
  std::int64_t index = 0;  // 0 for the first; counts those that were skipped
};

/// The pictures of a video file or a camera, in the order in which they are shown, through FFmpeg's
/// libraries, which are opened when they are first needed. A file's pictures are turned and mirrored as it
/// asks for; colours are converted by the matrix and range that the stream names (where it names none: BT.709
/// from 720 rows on, BT.601 below). Only the file itself is read, whatever is written in it: no playlists, no
/// network. One thread at a time.
class VideoReader {
 public:
  /// `threads`: that decode. `stop` is asked from time to time; once it says so, the video is at its end.
  /// @throws Error{not_found, io}; Error{bad_input} if it is no video, or has more than 36 megapixels (8K);
  /// Error{unsupported} without FFmpeg.
  static VideoReader open_file(const std::filesystem::path& path, int threads,
                               std::function<bool()> stop = {});

  /// A camera of the system, through libavdevice: a device file on Linux ("/dev/video0"), a number on macOS,
  /// or `test_camera`. @throws Error{bad_input} if it cannot be opened, Error{unsupported}.
  static VideoReader open_camera(const std::string& name, std::function<bool()> stop);

  ~VideoReader();
  VideoReader(VideoReader&& other) noexcept;
  VideoReader& operator=(VideoReader&& other) noexcept;

  const VideoInfo& info() const;

  /// The next picture; false after the last one. Memory of `frame` is used again.
  /// @throws Error{bad_input} where nothing of the video can be decoded, or a picture is too large;
  /// Error{io}.
  bool next(VideoFrame& frame);

  /// Passes over the next picture without converting it; false after the last one. @throws like next().
  bool skip();

  VideoDamage damage() const;

  /// From now on it is at its end, also for a thread that waits for a picture. Thread-safe.
  void interrupt();

 private:
  class Stream;
  explicit VideoReader(std::unique_ptr<Stream> stream);

  std::unique_ptr<Stream> stream_;
};

}  // namespace lp
