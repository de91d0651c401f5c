#pragma once
#include <vector>

namespace lp::test {

/// The sound card of tests/fakes/portaudio.cpp, which `lp_fake_sound_card` gives.
struct SoundCard {
  bool has_device = true;
  int only_rate = 0;  // 0: any
  int error = 0;      // of the next call that reads or writes
  int rate = 0;       // of the stream that was opened last
  int open = 0, stopped = 0, aborted = 0;
  std::vector<float> played, heard;  // `heard` is what a microphone gives next
};

}  // namespace lp::test
