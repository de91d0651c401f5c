#include "base/error.hpp"
#include "models/audio/fastspeech2.hpp"
#include "models/config_file.hpp"
#include "tasks/acoustic_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace lp {
namespace {

constexpr std::int64_t most_frames = 4096;  // of one text: each attends to all others

/// A spectrogram that is there as a whole.
class Spectrogram final : public VoiceFrames {
 public:
  Spectrogram(std::vector<float> numbers, std::int64_t count, std::int64_t width)
      : numbers_(std::move(numbers)), count_(count), width_(width) {}

  std::int64_t count() const override { return count_; }
  std::int64_t width() const override { return width_; }
  std::span<const float> rows(std::int64_t from, std::int64_t to) override {
    return std::span<const float>(numbers_).subspan(static_cast<std::size_t>(from * width_),
                                                    static_cast<std::size_t>((to - from) * width_));
  }

 private:
  std::vector<float> numbers_;
  std::int64_t count_, width_;
};

class FastSpeech2Acoustic final : public AcousticModel {
 public:
  explicit FastSpeech2Acoustic(SessionCache& sessions) : sessions_(sessions) {}

  std::unique_ptr<VoiceFrames> frames(std::span<const std::int32_t> phonemes,
                                      const VoiceSettings& settings) override {
    const std::int64_t width = models::stored_size(config(), "width", 1 << 14),
                       mels = models::stored_size(config(), "mels", 1 << 14);
    std::map<std::string, std::vector<float>> text = read(phonemes, width);
    const std::vector<std::int64_t> lasts = durations(text["log_durations"], phonemes.size(), settings);
    const std::int64_t count = std::accumulate(lasts.begin(), lasts.end(), std::int64_t{0});
    if (count > most_frames)
      fail(Fault::bad_input, "{}: this text would take {} frames, but {} are spoken at once",
           sessions_.loaded().model->name, count, most_frames);
    std::vector<float> expanded;
    for (std::size_t i = 0; i < lasts.size(); ++i)
      for (std::int64_t frame = 0; frame < lasts[i]; ++frame) {
        const auto row = text["hidden"].begin() + static_cast<std::ptrdiff_t>(i) * width;
        expanded.insert(expanded.end(), row, row + width);
      }
    const int size = sequence_bucket(count);
    expanded.resize(static_cast<std::size_t>(size * width));
    auto length = static_cast<std::int32_t>(count);
    std::vector<float> far = models::distance_table(size, width);
    const std::array inputs = {TensorView{DType::f32, {1, size, width}, {}, expanded.data()},
                               TensorView{DType::i32, {1}, {}, &length},
                               TensorView{DType::f32, {2 * size - 1, width}, {}, far.data()}};
    std::map<std::string, std::vector<float>> made =
        run_to_values(sessions_.at({.frames = size}, "mel"), inputs);
    return std::make_unique<Spectrogram>(std::move(made["frames"]), count, mels);
  }

 private:
  const nlohmann::json& config() const { return sessions_.info().config; }

  std::map<std::string, std::vector<float>> read(std::span<const std::int32_t> phonemes, std::int64_t width) {
    const int size = sequence_bucket(static_cast<std::int64_t>(phonemes.size()));
    std::vector<std::int32_t> ids(static_cast<std::size_t>(size));
    std::ranges::copy(phonemes, ids.begin());
    auto length = static_cast<std::int32_t>(phonemes.size());
    std::vector<float> far = models::distance_table(size, width);
    const std::array inputs = {TensorView{DType::i32, {1, size}, {}, ids.data()},
                               TensorView{DType::i32, {1}, {}, &length},
                               TensorView{DType::f32, {2 * size - 1, width}, {}, far.data()}};
    return run_to_values(sessions_.at({.tokens = size}, "text"), inputs);
  }

  /// Frames of each phoneme; one each where there would be none at all.
  std::vector<std::int64_t> durations(std::span<const float> logarithms, std::size_t count,
                                      const VoiceSettings& settings) const {
    const double stretch =
        models::config_number(config(), "slowness", 1) / static_cast<double>(settings.speed);
    std::vector<double> lasts;
    for (const float logarithm : logarithms.first(count)) {
      const auto frames = static_cast<double>(std::nearbyint(std::exp(logarithm) - 1.0F));
      lasts.push_back(std::nearbyint(std::max(frames, 0.0) * stretch));
    }
    std::vector<std::int64_t> whole = whole_durations(sessions_.loaded().model->name, lasts);
    if (std::ranges::all_of(whole, [](std::int64_t frames) { return frames == 0; }))
      std::ranges::fill(whole, 1);
    return whole;
  }

  SessionCache& sessions_;
};

}  // namespace

std::unique_ptr<AcousticModel> fastspeech2_acoustic(SessionCache& sessions) {
  return std::make_unique<FastSpeech2Acoustic>(sessions);
}

}  // namespace lp
