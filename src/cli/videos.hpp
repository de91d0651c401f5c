#pragma once
#include "media/video_reader.hpp"

#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace lp::cli {

/// Endings of files that are read as videos. A folder is searched for these, but not for .ts, which most
/// often is a program text.
inline constexpr std::array<std::string_view, 17> video_endings = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg",  ".mpeg", ".wmv",
    ".flv", ".ogv", ".3gp", ".gif", ".mxf",  ".vob", ".m2ts", ".mts"};

/// Whether an input is a camera: `camera`, `camera:N`, `camera:test`, or a device file of the system's.
bool is_camera(const std::string& input);
/// Whether an input is a video file, by its ending, or a camera.
bool is_video(const std::string& input);

/// @throws Error, Stopped.
VideoReader open_video(const std::string& input, int threads);

/// The pictures of a camera as they are wanted: always the newest one, those in between are dropped. Reads in
/// a thread of its own, so that no old picture waits in the camera's queue.
class NewestFrame {
 public:
  explicit NewestFrame(VideoReader& reader);
  ~NewestFrame();
  NewestFrame(const NewestFrame&) = delete;
  NewestFrame& operator=(const NewestFrame&) = delete;

  /// Waits for a picture that was not given yet. False at the camera's end, and when a signal asks to stop.
  /// @throws what the reader threw.
  bool next(VideoFrame& frame);

 private:
  void read();

  VideoReader& reader_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  VideoFrame newest_;  // guarded by mutex_, as all below
  bool fresh_ = false, ended_ = false, quit_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace lp::cli
