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
    "sound and video (FFmpeg's libraries; Debian and Ubuntu: apt install ffmpeg, macOS: brew install ffmpeg)";

/// FFmpeg keeps an index of all pictures in one piece of memory, of a size that a small file can choose.
constexpr std::size_t most_bytes_at_once = 512U << 20U;

/// One of FFmpeg's libraries in the version whose headers this was built with: other ones have other structs.
DynamicLibrary open(std::string_view name, int major) {
#ifdef __APPLE__
  const std::string file = fmt::format("lib{}.{}.dylib", name, major);
  return DynamicLibrary({file, fmt::format("{}/{}", LP_FFMPEG_FOLDER, file),
                         fmt::format("/opt/homebrew/lib/{}", file), fmt::format("/usr/local/lib/{}", file)},
                        std::string(needed_for));
#else
  const std::string file = fmt::format("lib{}.so.{}", name, major);
  return DynamicLibrary({file, fmt::format("{}/{}", LP_FFMPEG_FOLDER, file)}, std::string(needed_for));
#endif
}

/// Within a major version structs only grow: a library older than its headers lacks what we would read.
void check_versions(const Library& library) {
  const std::array<std::array<unsigned, 2>, 5> found_and_built = {
      {{library.avutil_version(), LIBAVUTIL_VERSION_INT},
       {library.avcodec_version(), LIBAVCODEC_VERSION_INT},
       {library.avformat_version(), LIBAVFORMAT_VERSION_INT},
       {library.swresample_version(), LIBSWRESAMPLE_VERSION_INT},
       {library.swscale_version(), LIBSWSCALE_VERSION_INT}}};
  for (const auto& [found, built] : found_and_built)
    if (found < built)
      fail(Fault::unsupported, "FFmpeg {} is older than the one that this program was built with",
           library.version());
}

Library load() {
  const DynamicLibrary avutil = open("avutil", LIBAVUTIL_VERSION_MAJOR);
  const DynamicLibrary avcodec = open("avcodec", LIBAVCODEC_VERSION_MAJOR);
  const DynamicLibrary swresample = open("swresample", LIBSWRESAMPLE_VERSION_MAJOR);
  const DynamicLibrary swscale = open("swscale", LIBSWSCALE_VERSION_MAJOR);
  const DynamicLibrary avformat = open("avformat", LIBAVFORMAT_VERSION_MAJOR);
  Library library;
#define LP_FFMPEG_FIND(lib, name) lib.find(library.name, #name);
  LP_FFMPEG_FUNCTIONS(LP_FFMPEG_FIND)
  LP_FFMPEG_LAYOUT_FUNCTIONS(LP_FFMPEG_FIND)
#undef LP_FFMPEG_FIND
  check_versions(library);
  library.av_max_alloc(most_bytes_at_once);
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
