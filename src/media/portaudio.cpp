#include "media/portaudio.hpp"

#include "base/dynamic_library.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"

#include <string_view>

namespace lp::portaudio {
namespace {

constexpr const char* needed_for =
    "speakers and microphones (PortAudio; Debian and Ubuntu: apt install libportaudio2, macOS: brew install "
    "portaudio)";

DynamicLibrary open_library() {
  const std::string named = environment("LLAMA_PAJAMAS_PORTAUDIO");
  if (!named.empty()) return DynamicLibrary({named}, needed_for);
#ifdef __APPLE__
  return DynamicLibrary({"libportaudio.2.dylib", "/opt/homebrew/lib/libportaudio.2.dylib",
                         "/usr/local/lib/libportaudio.2.dylib"},
                        needed_for);
#else
  return DynamicLibrary({"libportaudio.so.2"}, needed_for);
#endif
}

#ifdef __linux__
extern "C" void ignore_alsa(const char* /*file*/, int /*line*/, const char* /*function*/, int /*error*/,
                            const char* /*format*/, ...) {}
extern "C" void ignore_jack(const char* /*text*/) {}

/// Sets a function of a library to be told of errors, if both are there.
template <class Handler>
void set_handler(const char* library, const char* setter_name, Handler handler) {
  try {
    void (*setter)(Handler) = nullptr;
    DynamicLibrary({library}, "sound").find(setter, setter_name);
    setter(handler);
  } catch (const Error&) {
    return;  // PortAudio does without it as well, so that it prints nothing
  }
}

/// The libraries below PortAudio print some fifty lines about each device that is not there.
void silence() {
  set_handler("libasound.so.2", "snd_lib_error_set_handler", &ignore_alsa);
  set_handler("libjack.so.0", "jack_set_error_function", &ignore_jack);
  set_handler("libjack.so.0", "jack_set_info_function", &ignore_jack);
}
#else
void silence() {}
#endif

Library load() {
  const DynamicLibrary portaudio = open_library();
  Library library;
  portaudio.find(library.Initialize, "Pa_Initialize");
  portaudio.find(library.GetVersionText, "Pa_GetVersionText");
  portaudio.find(library.GetErrorText, "Pa_GetErrorText");
  portaudio.find(library.GetDefaultInputDevice, "Pa_GetDefaultInputDevice");
  portaudio.find(library.GetDefaultOutputDevice, "Pa_GetDefaultOutputDevice");
  portaudio.find(library.OpenDefaultStream, "Pa_OpenDefaultStream");
  portaudio.find(library.CloseStream, "Pa_CloseStream");
  portaudio.find(library.StartStream, "Pa_StartStream");
  portaudio.find(library.StopStream, "Pa_StopStream");
  portaudio.find(library.AbortStream, "Pa_AbortStream");
  portaudio.find(library.ReadStream, "Pa_ReadStream");
  portaudio.find(library.WriteStream, "Pa_WriteStream");
  silence();
  const int error = library.Initialize();
  if (error < 0) fail(Fault::unsupported, "PortAudio cannot begin: {}", library.GetErrorText(error));
  return library;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();  // tried again at the next call if it throws
  return loaded;
}

std::string version() {
  std::string_view text = library().GetVersionText();  // "PortAudio V19.6.0-devel, revision ..."
  text.remove_prefix(std::min(text.find('V'), text.size()));
  if (!text.empty()) text.remove_prefix(1);
  return std::string(text.substr(0, text.find(',')));
}

}  // namespace lp::portaudio
