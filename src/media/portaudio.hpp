#pragma once
#include <string>

namespace lp::portaudio {

/// An open stream, as PortAudio has it.
using Stream = void;

// Numbers of PortAudio's interface, version 19, the same since 2003: format of samples, and errors that
// matter here. Source: its documentation, portaudio.h. The header itself is not needed to build.
inline constexpr unsigned long float32 = 1, any_frames = 0;
inline constexpr int invalid_rate = -9997, input_overflowed = -9981, output_underflowed = -9980,
                     no_device = -1;

/// The functions of PortAudio that we call, by their own names without `Pa_`.
struct Library {
  int (*Initialize)() = nullptr;
  const char* (*GetVersionText)() = nullptr;
  const char* (*GetErrorText)(int error) = nullptr;
  int (*GetDefaultInputDevice)() = nullptr;
  int (*GetDefaultOutputDevice)() = nullptr;
  /// No callback, nor its data, are given: the stream is read and written by calls that wait.
  int (*OpenDefaultStream)(Stream** stream, int inputs, int outputs, unsigned long format, double rate,
                           unsigned long frames, void* callback, void* data) = nullptr;
  int (*CloseStream)(Stream* stream) = nullptr;
  int (*StartStream)(Stream* stream) = nullptr;
  /// Waits until all has been heard; AbortStream does not.
  int (*StopStream)(Stream* stream) = nullptr;
  int (*AbortStream)(Stream* stream) = nullptr;
  int (*ReadStream)(Stream* stream, void* samples, unsigned long frames) = nullptr;
  int (*WriteStream)(Stream* stream, const void* samples, unsigned long frames) = nullptr;
};

/// PortAudio, opened and initialized when it is first needed. The environment's LLAMA_PAJAMAS_PORTAUDIO names
/// its file where the system does not find it. @throws Error{unsupported} if it is not there, at each call.
const Library& library();

/// "19.6.0"
std::string version();

}  // namespace lp::portaudio
