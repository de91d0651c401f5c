// A library with PortAudio's functions and a room in real time: what the microphone hears stands in files,
// what the speakers play goes to one. The environment names them, all of 32-bit floats of one channel:
// LP_ROOM_SAYS=A:B:... is said at the microphone, the first half a second after it was opened, each other one
// a second after the speakers began to play something since the one before ended; in between is a little
// noise. LP_ROOM_PLAYED=FILE is what the speakers played, from when the microphone was opened, with silence
// in between.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr double ahead = 0.1;                        // seconds that the speakers take before they are heard
constexpr double first_word = 0.5, next_word = 1.0;  // seconds
constexpr float noise = 1e-4F;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return value == nullptr ? "" : value;
}

std::vector<float> floats_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto* const from = reinterpret_cast<const float*>(bytes.data());
  return {from, from + bytes.size() / sizeof(float)};
}

struct Stream {
  bool plays;
  double rate;
  std::size_t frames = 0;  // that were heard, or will have been played
};

class Room {
 public:
  double now() {
    const std::lock_guard lock(mutex_);
    if (!start_) start_ = Clock::now();
    return std::chrono::duration<double>(Clock::now() - *start_).count();
  }
  void sleep_until(double seconds) {
    const double left = seconds - now();
    if (left > 0) std::this_thread::sleep_for(std::chrono::duration<double>(left));
  }

  void hear(Stream& stream, float* samples, std::size_t count) {
    sleep_until(static_cast<double>(stream.frames + count) / stream.rate);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < count; ++i, ++stream.frames) {
      random_ = random_ * 1664525U + 1013904223U;
      samples[i] = noise * (static_cast<float>(random_) / 0x1p31F - 1);
      const std::vector<float>* const said = said_at(static_cast<double>(stream.frames) / stream.rate);
      if (said == nullptr) continue;
      if (at_ < said->size()) samples[i] += (*said)[at_++];
      if (at_ == said->size()) begins_.reset(), played_since_.reset(), at_ = 0, ++next_;
    }
  }
  void play(Stream& stream, const float* samples, std::size_t count) {
    const double heard = std::max(now(), static_cast<double>(stream.frames) / stream.rate);
    {
      const std::lock_guard lock(mutex_);
      stream.frames = std::max(stream.frames, static_cast<std::size_t>(heard * stream.rate));
      played_.resize(stream.frames, 0.0F);
      played_.insert(played_.end(), samples, samples + count);
      stream.frames = played_.size();
      if (!played_since_) played_since_ = heard;
    }
    sleep_until(static_cast<double>(stream.frames) / stream.rate - ahead);
  }
  void end(Stream& stream, bool at_once) {
    if (!at_once) sleep_until(static_cast<double>(stream.frames) / stream.rate);
    const auto heard = static_cast<std::size_t>(now() * stream.rate);
    const std::lock_guard lock(mutex_);
    if (stream.plays && heard < played_.size()) played_.resize(heard);
    stream.frames = std::min(stream.frames, played_.size());
    const std::string path = variable("LP_ROOM_PLAYED");
    if (!stream.plays || path.empty()) return;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(played_.data()),
               static_cast<std::streamsize>(played_.size() * sizeof(float)));
  }

 private:
  /// What is being said at a time; null in between.
  const std::vector<float>* said_at(double seconds) {
    if (sounds_.empty()) {
      std::istringstream paths(variable("LP_ROOM_SAYS"));
      for (std::string path; std::getline(paths, path, ':');) sounds_.push_back(floats_of(path));
    }
    if (next_ >= sounds_.size()) return nullptr;
    if (!begins_ && next_ == 0) begins_ = first_word;
    if (!begins_ && played_since_) begins_ = *played_since_ + next_word;
    return begins_ && seconds >= *begins_ ? &sounds_[next_] : nullptr;
  }

  std::mutex mutex_;
  std::optional<Clock::time_point> start_;
  std::vector<std::vector<float>> sounds_;
  std::size_t next_ = 0, at_ = 0;                // sound, sample of it
  std::optional<double> begins_, played_since_;  // seconds
  std::uint32_t random_ = 1;
  std::vector<float> played_;
};

Room room;

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are PortAudio's
extern "C" {

int Pa_Initialize() {
  return 0;
}
const char* Pa_GetVersionText() {
  return "PortAudio V19.0.0-room, revision none";
}
const char* Pa_GetErrorText(int /*error*/) {
  return "Device unavailable";
}
int Pa_GetDefaultInputDevice() {
  return 0;
}
int Pa_GetDefaultOutputDevice() {
  return 0;
}
int Pa_OpenDefaultStream(void** stream, int /*inputs*/, int outputs, unsigned long /*format*/, double rate,
                         unsigned long /*frames*/, void* /*callback*/, void* /*data*/) {
  *stream = new Stream{.plays = outputs > 0, .rate = rate};
  return 0;
}
int Pa_CloseStream(void* stream) {
  delete static_cast<Stream*>(stream);
  return 0;
}
int Pa_StartStream(void* stream) {
  Stream& started = *static_cast<Stream*>(stream);
  started.frames = static_cast<std::size_t>(room.now() * started.rate);
  return 0;
}
int Pa_StopStream(void* stream) {
  room.end(*static_cast<Stream*>(stream), false);
  return 0;
}
int Pa_AbortStream(void* stream) {
  room.end(*static_cast<Stream*>(stream), true);
  return 0;
}
int Pa_ReadStream(void* stream, void* samples, unsigned long frames) {
  room.hear(*static_cast<Stream*>(stream), static_cast<float*>(samples), frames);
  return 0;
}
int Pa_WriteStream(void* stream, const void* samples, unsigned long frames) {
  room.play(*static_cast<Stream*>(stream), static_cast<const float*>(samples), frames);
  return 0;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
