#include "tasks/voice_model.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "models/audio/hifigan.hpp"
#include "models/config_file.hpp"
#include "tasks/acoustic_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace lp {
namespace {

constexpr std::int64_t first_window = 64, next_window = 320;  // frames that the vocoder sees at once

std::unique_ptr<AcousticModel> acoustic_of(SessionCache& sessions) {
  const ModelInfo& info = sessions.info();
  if (info.family == "vits") return vits_acoustic(sessions);
  if (info.family == "fastspeech2") return fastspeech2_acoustic(sessions);
  fail(Fault::bad_model, "{}: a {} does not speak", sessions.loaded().model->name, info.family);
}

}  // namespace

VoiceModel::VoiceModel(LoadedModel loaded) : sessions_(std::move(loaded), 16) {
  acoustic_ = acoustic_of(sessions_);
  const nlohmann::json& config = sessions_.info().config;
  config_ = config.value("voice", nlohmann::json::object());
  rate_ = static_cast<int>(models::stored_size(config, "rate", 192'000));
  speakers_ = static_cast<int>(models::stored_size(config, "speakers", 1 << 20));
  const models::HifiGan vocoder = models::hifi_gan_from(config.value("hifigan", nlohmann::json::object()));
  hop_ = vocoder.hop();
  context_ = vocoder.context();
}

VoiceModel::~VoiceModel() = default;

void VoiceModel::speak(std::span<const std::int32_t> phonemes, const VoiceSettings& settings,
                       const Sink& sink) {
  const std::int64_t symbols = models::stored_size(sessions_.info().config, "symbols", 1 << 20);
  if (phonemes.size() > most_phonemes)
    fail(Fault::bad_input, "{}: {} phonemes are more than the {} that are spoken at once", model().name,
         phonemes.size(), most_phonemes);
  for (const std::int32_t id : phonemes)
    if (id < 0 || id >= symbols)
      fail(Fault::bad_input, "{}: there is no phoneme {}, of {}", model().name, id, symbols);
  if (settings.speaker < 0 || settings.speaker >= speakers_)
    fail(Fault::bad_input, "{}: there is no speaker {}, of {}", model().name, settings.speaker, speakers_);
  if (!(settings.speed >= 0.1F) || !(settings.speed <= 10.0F))
    fail(Fault::bad_input, "{}: a speed of {} is not within 0.1 to 10", model().name, settings.speed);
  if (phonemes.empty()) return;

  StopWatch watch;
  const std::unique_ptr<VoiceFrames> frames = acoustic_->frames(phonemes, settings);
  const std::int64_t count = frames->count(), width = frames->width();
  std::vector<float> given, made;
  std::int32_t speaker = settings.speaker;
  for (std::int64_t at = 0; at < count;) {
    const std::int64_t window = std::max(at == 0 ? first_window : next_window, 4 * context_);
    const std::int64_t from = std::max<std::int64_t>(0, at - context_);
    const std::int64_t end = count - from <= window ? count : from + window - context_;
    const std::int64_t to = std::min(count, end + context_);
    const int size = sequence_bucket(to - from);
    const std::span<const float> rows = frames->rows(from, to);
    given.assign(static_cast<std::size_t>(size * width), 0.0F);
    std::ranges::copy(rows, given.begin());
    acoustic_ms_ += watch.lap();

    Session& vocoder = sessions_.at({.frames = size}, "vocoder");
    made.resize(static_cast<std::size_t>(size * hop_));
    auto length = static_cast<std::int32_t>(to - from);
    std::vector<TensorView> inputs = {TensorView{DType::f32, {1, size, width}, {}, given.data()},
                                      TensorView{DType::i32, {1}, {}, &length}};
    if (vocoder.graph().inputs().size() > inputs.size())
      inputs.push_back(TensorView{DType::i32, {1, 1}, {}, &speaker});
    const std::array outputs = {TensorView{DType::f32, {1, size * hop_, 1}, {}, made.data()}};
    vocoder.run({inputs, outputs});
    vocoder_ms_ += watch.lap();
    const auto first = static_cast<std::size_t>((at - from) * hop_),
               samples = static_cast<std::size_t>((end - at) * hop_);
    if (!sink(std::span<const float>(made).subspan(first, samples))) return;
    watch.lap();
    at = end;
  }
}

int sequence_bucket(std::int64_t count) {
  // Steps of a quarter of the power of two below: at most a fifth is filled in vain beyond 128.
  const auto below = static_cast<std::int64_t>(
      std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(count - 1, 1))));
  const std::int64_t step = std::max<std::int64_t>(32, below / 4);
  return static_cast<int>((count + step - 1) / step * step);
}

std::vector<std::int64_t> whole_durations(const std::string& model, std::span<const double> computed) {
  constexpr double most = 1e6;
  double all = 0;
  std::vector<std::int64_t> durations;
  for (const double duration : computed) {
    all += std::max(duration, 0.0);
    if (!(all <= most))
      fail(Fault::bad_model, "{}: it would speak this text for more than {} frames", model, most);
    durations.push_back(static_cast<std::int64_t>(std::max(duration, 0.0)));
  }
  return durations;
}

}  // namespace lp
