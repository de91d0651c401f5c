#pragma once
#include "media/sound_device.hpp"
#include "media/sound_reader.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lp::cli {

/// Whether an input is a file: not `-`, and not `microphone` unless a file has that name.
bool is_sound_file(const std::string& input);

/// What is heard while it is spoken: a file, standard input (`-`) or the microphone, at the rate that a
/// Whisper hears; at its end as soon as a signal asks to stop. One thread at a time.
class LiveInput {
 public:
  /// `pcm_rate`: of samples without a header, 0 for all else. @throws as SoundReader and Microphone.
  LiveInput(const std::string& path, int pcm_rate);

  /// Waits for the next samples and appends them; false at the end. @throws the same.
  bool next(std::vector<float>& samples);
  /// Has next(), which may wait in another thread, end soon.
  void leave() { *is_left_ = true; }
  /// Says what of it is missing, if anything is.
  void warn_of_losses() const;

 private:
  std::string path_;
  std::shared_ptr<std::atomic<bool>> is_left_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<Microphone> microphone_;
  std::optional<SoundReader> reader_;
};

}  // namespace lp::cli
