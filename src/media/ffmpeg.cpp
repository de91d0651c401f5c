#include "media/ffmpeg.hpp"

#include "base/dynamic_library.hpp"
#include "base/error.hpp"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <string_view>

namespace lp::ffmpeg {
namespace {

constexpr std::string_view needed_for =
    "video (FFmpeg's libraries; Debian and Ubuntu: apt install ffmpeg, macOS: brew install ffmpeg)";

/// One of FFmpeg's libraries in the version whose headers this was built with: other ones have other structs.
DynamicLibrary open(std::string_view name, int major) {
#ifdef __APPLE__
  const std::string file = fmt::format("lib{}.{}.dylib", name, major);
#else
  const std::string file = fmt::format("lib{}.so.{}", name, major);
#endif
  return DynamicLibrary({file, fmt::format("{}/{}", LP_FFMPEG_FOLDER, file)}, std::string(needed_for));
}

Library load() {
  const DynamicLibrary avutil = open("avutil", LIBAVUTIL_VERSION_MAJOR);
  const DynamicLibrary avcodec = open("avcodec", LIBAVCODEC_VERSION_MAJOR);
  const DynamicLibrary swscale = open("swscale", LIBSWSCALE_VERSION_MAJOR);
  const DynamicLibrary avformat = open("avformat", LIBAVFORMAT_VERSION_MAJOR);
  Library library;
#define LP_FFMPEG_FIND(lib, name) lib.find(library.name, #name);
  LP_FFMPEG_FUNCTIONS(LP_FFMPEG_FIND)
#undef LP_FFMPEG_FIND
  library.av_log_set_level(AV_LOG_QUIET);  // our messages name the file, and are one line
  return library;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();  // tried again at the next call if it throws
  return loaded;
}

void register_devices() {
  static std::once_flag once;
  library();
  std::call_once(once, [] {
    void (*register_all)() = nullptr;
    open("avdevice", LIBAVFORMAT_VERSION_MAJOR).find(register_all, "avdevice_register_all");  // same majors
    register_all();
  });
}

std::string reason(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  library().av_strerror(error, text.data(), text.size());
  return text.data();
}

}  // namespace lp::ffmpeg
