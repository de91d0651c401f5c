#include "cli/voice_evaluation.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/reports.hpp"
#include "cli/speech_score.hpp"
#include "cli/stop.hpp"
#include "media/sound_writer.hpp"
#include "tasks/speaker.hpp"

#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace lp::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A folder of the system's temporary one for what is spoken, removed with it.
class SpokenFile {
 public:
  SpokenFile() {
    std::string pattern = (fs::temp_directory_path() / "llama-pajamas-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      fail(Fault::io, "{}: {}", pattern, std::generic_category().message(errno));
    folder_ = pattern;
  }
  ~SpokenFile() {
    std::error_code error;
    fs::remove_all(folder_, error);
  }
  SpokenFile(const SpokenFile&) = delete;
  SpokenFile& operator=(const SpokenFile&) = delete;
  fs::path path() const { return folder_ / "spoken.wav"; }

 private:
  fs::path folder_;
};

/// What was spoken, and how long the voice took.
struct Spoke {
  Speech speech;
  double ms = 0;
};

Spoke speak(Speaker& speaker, const std::string& text, const VoiceSettings& settings, const fs::path& to) {
  SoundWriter writer(to, SoundFormat::wav, speaker.rate());
  StopWatch watch;
  Spoke spoke;
  spoke.speech = speaker.speak(text, settings, [&](std::span<const float> samples) {
    spoke.ms += watch.lap();
    check_stop();
    writer.write(samples);
    watch.lap();  // writing is none of the voice's work
    return true;
  });
  spoke.ms += watch.lap();
  writer.commit();
  return spoke;
}

/// The beginning of a text, for a message.
std::string shortened(const std::string& text) {
  constexpr std::size_t most = 60;
  std::size_t end = std::min(text.size(), most);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end) + (end < text.size() ? "..." : "");
}

/// A voice and who listens to it.
class Conversation {
 public:
  Conversation(Speaker& speaker, Listener& listener, const VoiceSettings& voice, bool quiet,
               std::size_t total)
      : speaker_(speaker), listener_(listener), voice_(voice), progress_(!quiet, total) {}

  void add(const std::string& text) {
    progress_.step(shortened(text));
    const Spoke spoke = speak(speaker_, text, voice_, file_.path());
    SpeechScore score = listener_.hear(file_.path().string(), text, progress_);
    score.sound_s = spoke.speech.seconds;  // the voice's own time is what counts here
    score.ms = spoke.ms;
    json one = {{"text", text},
                {"heard", listener_.heard().transcript.text},
                {"duration_s", rounded(spoke.speech.seconds, 3)},
                {"first_audio_ms", rounded(spoke.speech.first_audio_ms, 3)},
                {"ms", rounded(spoke.ms, 3)}};
    one.update(rates_of(score));
    one.update(parts_of(score));
    items.push_back(std::move(one));
    first_audio_.push_back(spoke.speech.first_audio_ms);
    all += score;
  }
  void drop(const std::string& text, Fault fault, const std::string& why) {
    progress_.clear();
    spdlog::error("{}", why);
    errors.push_back({{"text", text}, {"type", name(fault)}, {"message", why}});
  }
  void end() { progress_.clear(); }
  json first_audio() {
    std::ranges::sort(first_audio_);
    return {{"median", rounded(first_audio_[first_audio_.size() / 2], 3)},
            {"most", rounded(first_audio_.back(), 3)}};
  }

  json items = json::array(), errors = json::array();
  SpeechScore all;

 private:
  Speaker& speaker_;
  Listener& listener_;
  VoiceSettings voice_;
  Progress progress_;
  SpokenFile file_;
  std::vector<double> first_audio_;
};

json options_of(const VoicePlan& plan, const std::string& listener) {
  json options = json_of(plan.options);
  options.update({{"listener", listener}, {"voice", plan.voice}, {"speed", plan.speed}, {"seed", plan.seed}});
  return options;
}

std::vector<std::string> texts_of(const std::vector<std::string>& files) {
  std::vector<std::string> texts;
  for (const std::string& file : files)
    for (std::string& line : lines_of(read_text(file))) texts.push_back(std::move(line));
  return texts;
}

}  // namespace

VoicePlan voice_plan_of(const json& options) {
  return {.listener = options.at("listener"),
          .voice = options.at("voice"),
          .speed = options.at("speed"),
          .seed = options.at("seed"),
          .options = speech_options_of(options)};
}

json evaluate_voice(const Settings& settings, const Store& store, const Found& found, const VoicePlan& plan,
                    const std::vector<std::string>& files) {
  const std::string hears = plan.listener.empty()
                                ? only_model_for(store, made_for("transcribe"), "f32", "listener").name
                                : plan.listener;
  const LoadedModel loaded = load_model(settings, found);
  Speaker speaker(loaded);
  Listener listener(load_original(settings, store, hears, "listener"), plan.options);
  const VoiceSettings voice{.speed = static_cast<float>(plan.speed),
                            .speaker = speaker.speaker(plan.voice),
                            .seed = static_cast<std::uint64_t>(plan.seed)};
  const std::vector<std::string> texts = texts_of(files), digests = digests_of(files);

  if (texts.empty()) fail(Fault::bad_input, "{}: no text in it", fmt::join(files, ", "));
  Conversation conversation(speaker, listener, voice, settings.flag("quiet"), texts.size());
  for (const std::string& text : texts) {
    if (stop_signal() != 0) break;
    try {
      conversation.add(text);
    } catch (const Stopped&) {
      break;
    } catch (const Error& error) {
      if (error.fault() == Fault::io) throw;  // of the disk, which every text needs
      if (stop_signal() == 0)
        conversation.drop(text, error.fault(), fmt::format("`{}`: {}", shortened(text), error.what()));
    }
  }
  conversation.end();

  json report = answer_head(loaded);
  report["kind"] = "tts";
  report["listener"] = listener.head();
  report["data"] = {{"items", conversation.items.size()}, {"sha256", sum_of(digests)}};
  report["options"] = options_of(plan, hears);
  report["items"] = conversation.items;
  if (!conversation.errors.empty()) report["errors"] = conversation.errors;
  if (stop_signal() != 0) report["stopped"] = conversation.items.size();
  if (conversation.items.empty()) return report;
  report["data"]["seconds"] = rounded(conversation.all.sound_s, 3);
  report["metrics"] = rates_of(conversation.all);
  report.update(parts_of(conversation.all));
  report["first_audio_ms"] = conversation.first_audio();
  return report;
}

}  // namespace lp::cli
