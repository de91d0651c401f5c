#include "cli/videos.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/stop.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace lp::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view camera = "camera", camera_number = "camera:";

/// The camera's name as the system has it.
std::string device_of(const std::string& input) {
#ifndef __APPLE__
  if (input.starts_with("/dev/")) return input;
#endif
  const std::string number = input == camera                    ? "0"
                             : input.starts_with(camera_number) ? input.substr(camera_number.size())
                                                                : "";
  if (number == "test") return std::string(test_camera);
  if (number.empty() || number.size() > 3 ||
      !std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; }))
    fail(Fault::bad_input, "{}: a camera is `camera`, `camera:N` or `camera:test`", input);
#ifdef __APPLE__
  return number;
#else
  return "/dev/video" + number;
#endif
}

}  // namespace

bool is_camera(const std::string& input) {
  std::error_code error;
  return (input == camera && !fs::exists(input, error)) || input.starts_with(camera_number) ||
         input.starts_with("/dev/video");
}

bool is_video(const std::string& input) {
  const std::string ending = lower(fs::path(input).extension().string());
  return is_camera(input) || ending == ".ts" ||
         std::ranges::find(video_endings, ending) != video_endings.end();
}

VideoReader open_video(const std::string& input, int threads) {
  const auto stop = [] { return stop_signal() != 0; };
  try {
    return is_camera(input) ? VideoReader::open_camera(device_of(input), stop)
                            : VideoReader::open_file(input, threads, stop);
  } catch (const Error&) {
    check_stop();
    throw;
  }
}

NewestFrame::NewestFrame(VideoReader& reader) : reader_(reader), thread_([this] { read(); }) {}

NewestFrame::~NewestFrame() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  reader_.interrupt();
  thread_.join();
}

void NewestFrame::read() {
  VideoFrame frame;
  std::exception_ptr failure;
  const auto wanted = [&] {
    const std::lock_guard lock(mutex_);
    return !quit_ && stop_signal() == 0;
  };
  try {
    while (wanted() && reader_.next(frame)) {
      const std::lock_guard lock(mutex_);
      std::swap(newest_, frame);
      fresh_ = true;
      arrived_.notify_one();
    }
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  failure_ = failure;
  arrived_.notify_one();
}

bool NewestFrame::next(VideoFrame& frame) {
  std::unique_lock lock(mutex_);
  constexpr std::chrono::milliseconds look(100);  // a signal wakes nobody who waits here
  while (!fresh_ && !ended_ && stop_signal() == 0) arrived_.wait_for(lock, look);
  if (stop_signal() != 0) return false;
  if (fresh_) {
    std::swap(frame, newest_);
    fresh_ = false;
    return true;
  }
  if (failure_) std::rethrow_exception(failure_);
  return false;
}

}  // namespace lp::cli
