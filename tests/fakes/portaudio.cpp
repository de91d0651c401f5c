// A library with PortAudio's functions and a sound card in memory, for machines that have none.
#include "fakes/portaudio.hpp"

#include <algorithm>
#include <utility>

namespace {

constexpr int invalid_rate = -9997;

lp::test::SoundCard card;

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are PortAudio's
extern "C" {

lp::test::SoundCard* lp_fake_sound_card() {
  return &card;
}

int Pa_Initialize() {
  return 0;
}
const char* Pa_GetVersionText() {
  return "PortAudio V19.0.0-fake, revision none";
}
const char* Pa_GetErrorText(int error) {
  return error == invalid_rate ? "Invalid sample rate" : "Device unavailable";
}
int Pa_GetDefaultInputDevice() {
  return card.has_device ? 0 : -1;
}
int Pa_GetDefaultOutputDevice() {
  return card.has_device ? 0 : -1;
}
int Pa_OpenDefaultStream(void** stream, int /*inputs*/, int /*outputs*/, unsigned long /*format*/,
                         double rate, unsigned long /*frames*/, void* /*callback*/, void* /*data*/) {
  card.rate = static_cast<int>(rate);
  if (card.only_rate != 0 && card.rate != card.only_rate) return invalid_rate;
  ++card.open;
  *stream = &card;
  return 0;
}
int Pa_CloseStream(void* /*stream*/) {
  --card.open;
  return 0;
}
int Pa_StartStream(void* /*stream*/) {
  return 0;
}
int Pa_StopStream(void* /*stream*/) {
  ++card.stopped;
  return 0;
}
int Pa_AbortStream(void* /*stream*/) {
  ++card.aborted;
  return 0;
}
int Pa_ReadStream(void* /*stream*/, void* samples, unsigned long frames) {
  const auto count = std::min<std::size_t>(frames, card.heard.size());
  auto* const to = static_cast<float*>(samples);
  std::fill_n(std::copy_n(card.heard.begin(), count, to), frames - count, 0.0F);
  card.heard.erase(card.heard.begin(), card.heard.begin() + static_cast<std::ptrdiff_t>(count));
  return std::exchange(card.error, 0);
}
int Pa_WriteStream(void* /*stream*/, const void* samples, unsigned long frames) {
  const auto* const from = static_cast<const float*>(samples);
  card.played.insert(card.played.end(), from, from + frames);
  return std::exchange(card.error, 0);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
