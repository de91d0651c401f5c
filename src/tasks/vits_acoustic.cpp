#include "base/error.hpp"
#include "models/config_file.hpp"
#include "tasks/acoustic_model.hpp"
#include "tasks/noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace lp {
namespace {

// Frames that the flow sees at once: few at first, so that the sound begins soon; then more than the vocoder,
// since as many as it looks at are computed again at each seam, and they take less memory.
constexpr std::int64_t first_window = 128, next_window = 768;

/// A number of `inference` in the voice's configuration.
float setting(const nlohmann::json& config, const char* key, float fallback) {
  const auto voice = config.find("voice");
  if (voice == config.end() || !voice->is_object()) return fallback;
  const auto inference = voice->find("inference");
  if (inference == voice->end() || !inference->is_object()) return fallback;
  return static_cast<float>(models::config_number(*inference, key, static_cast<double>(fallback)));
}

/// What the text says of each frame, and the noise around it.
struct Prior {
  std::vector<float> means, deviations;  // of each phoneme, `channels` numbers
  std::vector<std::int64_t> ends;        // frames until each phoneme's end
  std::int64_t channels = 0;
  float noise_scale = 0;
};

/// Latent frames, made by the flow in windows with as much around them as it looks at.
class VitsFrames final : public VoiceFrames {
 public:
  VitsFrames(SessionCache& sessions, Prior prior, Noise noise, int speaker)
      : sessions_(sessions), prior_(std::move(prior)), noise_(noise), speaker_(speaker) {
    const nlohmann::json& config = sessions_.info().config;
    const auto size = [&](const char* key) { return models::stored_size(config, key, 1 << 14); };
    context_ = size("couplings") * size("flow_depth") * ((size("flow_kernel") - 1) / 2);
  }

  std::int64_t count() const override { return prior_.ends.back(); }
  std::int64_t width() const override { return prior_.channels; }

  std::span<const float> rows(std::int64_t from, std::int64_t to) override {
    drop(latent_, latent_from_, from);
    while (made() < to) make_more();
    return std::span<const float>(latent_).subspan(numbers(from - latent_from_), numbers(to - from));
  }

 private:
  std::size_t numbers(std::int64_t frames) const { return static_cast<std::size_t>(frames * width()); }
  std::int64_t made() const { return latent_from_ + static_cast<std::int64_t>(latent_.size()) / width(); }

  /// Forgets the frames before `from`.
  void drop(std::vector<float>& rows, std::int64_t& first, std::int64_t from) const {
    const std::int64_t there = first + static_cast<std::int64_t>(rows.size()) / width();
    const std::int64_t until = std::clamp(from, first, there);
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(numbers(until - first)));
    first = until;
  }

  /// Draws frames up to `to`: mean, and deviation times noise.
  void draw(std::int64_t to) {
    std::int64_t at = drawn_from_ + static_cast<std::int64_t>(drawn_.size()) / width();
    for (; at < to; ++at) {
      const auto phoneme = std::ranges::upper_bound(prior_.ends, at) - prior_.ends.begin();
      const std::size_t row = numbers(phoneme);
      for (std::size_t i = 0; i < numbers(1); ++i)
        drawn_.push_back(prior_.means[row + i] +
                         noise_.next() * prior_.deviations[row + i] * prior_.noise_scale);
    }
  }

  void make_more() {
    const std::int64_t begin = made();
    const std::int64_t window = std::max(begin == 0 ? first_window : next_window, 4 * context_);
    const std::int64_t from = std::max<std::int64_t>(0, begin - context_);
    const std::int64_t end = count() - from <= window ? count() : from + window - context_;
    const std::int64_t to = std::min(count(), end + context_);
    drop(drawn_, drawn_from_, from);
    draw(to);
    const int size = sequence_bucket(to - from);
    std::vector<float> given(numbers(size)), found(numbers(size));
    std::copy_n(drawn_.begin() + static_cast<std::ptrdiff_t>(numbers(from - drawn_from_)), numbers(to - from),
                given.begin());
    auto length = static_cast<std::int32_t>(to - from);
    Session& flow = sessions_.at({.frames = size}, "flow");
    std::vector<TensorView> inputs = {TensorView{DType::f32, {1, size, width()}, {}, given.data()},
                                      TensorView{DType::i32, {1}, {}, &length}};
    if (flow.graph().inputs().size() > inputs.size())
      inputs.push_back(TensorView{DType::i32, {1, 1}, {}, &speaker_});
    const std::array outputs = {TensorView{DType::f32, {1, size, width()}, {}, found.data()}};
    flow.run({inputs, outputs});
    const auto first = found.begin() + static_cast<std::ptrdiff_t>(numbers(begin - from));
    latent_.insert(latent_.end(), first, first + static_cast<std::ptrdiff_t>(numbers(end - begin)));
  }

  SessionCache& sessions_;
  Prior prior_;
  Noise noise_;
  std::int32_t speaker_;
  std::int64_t context_ = 0;
  std::vector<float> drawn_, latent_;  // frames from drawn_from_ and latent_from_ on
  std::int64_t drawn_from_ = 0, latent_from_ = 0;
};

class VitsAcoustic final : public AcousticModel {
 public:
  explicit VitsAcoustic(SessionCache& sessions) : sessions_(sessions) {}

  std::unique_ptr<VoiceFrames> frames(std::span<const std::int32_t> phonemes,
                                      const VoiceSettings& settings) override {
    const nlohmann::json& config = sessions_.info().config;
    const auto count = static_cast<std::int64_t>(phonemes.size());
    const int size = sequence_bucket(count);
    Noise noise(settings.seed);
    std::vector<std::int32_t> ids(static_cast<std::size_t>(size));
    std::vector<float> turns(ids.size() * 2);
    std::ranges::copy(phonemes, ids.begin());
    noise.fill(std::span(turns).first(phonemes.size() * 2));
    const float pace =
        settings.duration_noise < 0 ? setting(config, "noise_w", 0.8F) : settings.duration_noise;
    for (float& turn : turns) turn *= pace;
    auto length = static_cast<std::int32_t>(count), speaker = static_cast<std::int32_t>(settings.speaker);

    Session& text = sessions_.at({.tokens = size}, "text");
    std::vector<TensorView> inputs = {TensorView{DType::i32, {1, size}, {}, ids.data()},
                                      TensorView{DType::i32, {1}, {}, &length}};
    if (text.graph().inputs().size() > 3) inputs.push_back(TensorView{DType::i32, {1, 1}, {}, &speaker});
    inputs.push_back(TensorView{DType::f32, {1, size, 2}, {}, turns.data()});
    std::map<std::string, std::vector<float>> found = run_to_values(text, inputs);

    Prior prior{.means = std::move(found["means"]),
                .deviations = std::move(found["log_deviations"]),
                .ends = {},
                .channels = models::stored_size(config, "channels", 1 << 14),
                .noise_scale = settings.noise < 0 ? setting(config, "noise_scale", 0.667F) : settings.noise};
    for (float& number : prior.deviations) number = std::exp(number);
    const float stretch = setting(config, "length_scale", 1) / settings.speed;
    std::vector<double> lasts;
    lasts.reserve(phonemes.size());
    for (std::size_t i = 0; i < phonemes.size(); ++i)
      lasts.push_back(std::ceil(static_cast<double>(std::exp(found["log_durations"][i]) * stretch)));
    std::int64_t frames = 0;
    for (const std::int64_t duration : whole_durations(sessions_.loaded().model->name, lasts))
      prior.ends.push_back(frames += duration);
    prior.ends.back() = std::max<std::int64_t>(prior.ends.back(), 1);  // as the original
    return std::make_unique<VitsFrames>(sessions_, std::move(prior), noise, settings.speaker);
  }

 private:
  SessionCache& sessions_;
};

}  // namespace

std::unique_ptr<AcousticModel> vits_acoustic(SessionCache& sessions) {
  return std::make_unique<VitsAcoustic>(sessions);
}

}  // namespace lp
