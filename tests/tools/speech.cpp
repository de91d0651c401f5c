// lp-speech: speaks phonemes as a voice does, and writes what the original framework needs to do the same.
//   lp-speech MODEL IDS.npy --output OUT.safetensors [--runtime R] [--precision P] [--noise X]
//   [--duration-noise X] [--speed X] [--speaker N] [--seed N] [--threads N] [--runs N]
// `samples`: the sound; `piece_ends`: samples until the end of each piece; `duration_noise` [phonemes, 2] and
// `noise` [numbers drawn for frames]: the numbers of the same seed, in the order in which the voice draws
// them. With --runs N the text is spoken as often, and the milliseconds of each time and until its first
// piece are printed.
#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "formats/npy.hpp"
#include "formats/safetensors.hpp"
#include "formats/tensor_data.hpp"
#include "tasks/noise.hpp"
#include "tasks/voice_model.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <list>
#include <map>

namespace lp {
namespace {

struct Arguments {
  std::string model, ids, output, runtime = "reference", precision = "f32";
  VoiceSettings settings;
  int threads = 1, runs = 1;
};

struct Spoken {
  std::vector<float> samples, piece_ends;
  double first_ms = 0, all_ms = 0;
};

Spoken speak(VoiceModel& voice, std::span<const std::int32_t> ids, const VoiceSettings& settings) {
  Spoken spoken;
  StopWatch watch;
  voice.speak(ids, settings, [&](std::span<const float> piece) {
    if (spoken.samples.empty()) spoken.first_ms = watch.lap();
    spoken.samples.insert(spoken.samples.end(), piece.begin(), piece.end());
    spoken.piece_ends.push_back(static_cast<float>(spoken.samples.size()));
    return true;
  });
  spoken.all_ms = spoken.first_ms + watch.lap();
  return spoken;
}

void run(const Arguments& arguments) {
  const auto model = open_model(arguments.model, arguments.model);
  const Placement placement = choose_placement(*model, arguments.runtime, arguments.precision);
  const LoadedModel loaded{model, placement, placement.backend->weights(model->checkpoint),
                           std::make_shared<Lane>(arguments.threads)};
  VoiceModel voice(loaded);
  const Array given = read_npy(arguments.ids);
  const std::vector<float> numbers = to_f32({given.dtype, given.shape, given.data});
  const std::vector<std::int32_t> ids(numbers.begin(), numbers.end());
  Spoken spoken = speak(voice, ids, arguments.settings);
  for (int i = 1; i < arguments.runs; ++i) {
    const double acoustic = voice.acoustic_ms(), vocoder = voice.vocoder_ms();
    const Spoken again = speak(voice, ids, arguments.settings);
    std::printf("%.3f ms, first %.3f, acoustic %.3f, vocoder %.3f\n", again.all_ms, again.first_ms,
                voice.acoustic_ms() - acoustic, voice.vocoder_ms() - vocoder);
  }
  Noise noise(arguments.settings.seed);
  std::vector<float> turns(ids.size() * 2);
  noise.fill(turns);
  const auto hop = model->info.config.at("hop").get<std::size_t>(),
             channels = model->info.config.value("channels", std::size_t{0});
  std::vector<float> around(spoken.samples.size() / hop * channels);
  noise.fill(around);
  std::map<std::string, StoredTensor, std::less<>> values;
  const auto keep = [&](const char* name, const std::vector<float>& data, std::vector<std::int64_t> shape) {
    values.emplace(name, StoredTensor{DType::f32, std::move(shape), std::as_bytes(std::span(data))});
  };
  const auto size = [](const std::vector<float>& data) { return static_cast<std::int64_t>(data.size()); };
  keep("samples", spoken.samples, {size(spoken.samples)});
  keep("piece_ends", spoken.piece_ends, {size(spoken.piece_ends)});
  keep("duration_noise", turns, {size(turns) / 2, 2});
  keep("noise", around, {size(around)});
  write_safetensors(arguments.output, values, {});
  std::printf("%zu samples at %d Hz in %zu pieces\n", spoken.samples.size(), voice.rate(),
              spoken.piece_ends.size());
}

}  // namespace
}  // namespace lp

int main(int argc, char** argv) {
  CLI::App app("Speaks phonemes");
  lp::Arguments arguments;
  app.add_option("model", arguments.model)->required();
  app.add_option("ids", arguments.ids)->required();
  app.add_option("--output", arguments.output)->required();
  app.add_option("--runtime", arguments.runtime);
  app.add_option("--precision", arguments.precision);
  app.add_option("--noise", arguments.settings.noise);
  app.add_option("--duration-noise", arguments.settings.duration_noise);
  app.add_option("--speed", arguments.settings.speed);
  app.add_option("--speaker", arguments.settings.speaker);
  app.add_option("--seed", arguments.settings.seed);
  app.add_option("--threads", arguments.threads);
  app.add_option("--runs", arguments.runs);
  CLI11_PARSE(app, argc, argv);
  try {
    lp::run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-speech: %s\n", error.what());
    return 1;
  }
}
