#include "cli/live_input.hpp"

#include "cli/hearing.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>

namespace lp::cli {

bool is_sound_file(const std::string& input) {
  std::error_code error;
  return input != "-" && (input != "microphone" || std::filesystem::exists(input, error));
}

LiveInput::LiveInput(const std::string& path, int pcm_rate) : path_(path) {
  const auto stop = [left = is_left_] { return stop_signal() != 0 || *left; };
  if (path == "-" || is_sound_file(path))
    reader_ = open_sound(path, pcm_rate, stop);
  else
    microphone_ = std::make_unique<Microphone>(WhisperModel::rate, stop);
}

bool LiveInput::next(std::vector<float>& samples) {
  return microphone_ ? microphone_->next(samples) : reader_ && reader_->next(samples);
}

void LiveInput::warn_of_losses() const {
  if (microphone_ && microphone_->gaps() > 0)
    spdlog::warn("{}: {} pieces of it were lost: this machine is too slow for the model", path_,
                 microphone_->gaps());
  if (reader_ && reader_->damaged_packets() > 0)
    spdlog::warn("{}: pieces of it that could not be decoded and are missing: {}", path_,
                 reader_->damaged_packets());
}

}  // namespace lp::cli
