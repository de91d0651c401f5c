#pragma once
#include "base/json.hpp"
#include "cli/model_choice.hpp"
#include "tasks/transcriber.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// How a voice is evaluated.
struct VoicePlan {
  std::string listener;  // name or file of the model that transcribes; empty: the only one of the store
  std::string voice = "default";
  double speed = 1;
  int seed = 0;
  SpeechOptions options;  // of the listener
};

/// The plan of a report, by its "options". @throws nlohmann::json::exception if they are none.
VoicePlan voice_plan_of(const nlohmann::json& options);

/// Speaks the lines of the files, transcribes that with the listener, and counts the words and characters
/// that are wrong then. Gives a report (cli/reports.hpp) with "metrics" {"wer","cer"}, "words", "characters",
/// "rtf" and "first_audio_ms" {"median","most"} of the voice, "listener"; and what manifests do not keep:
/// "items", "errors" of the texts that could not be evaluated, each of which is logged, and "stopped" where a
/// signal came. Without "metrics" where nothing could be evaluated.
/// @throws Error{not_found, usage} without a listener or for a voice that the model does not have; as
/// load_model.
nlohmann::json evaluate_voice(const Settings& settings, const Store& store, const Found& found,
                              const VoicePlan& plan, const std::vector<std::string>& files);

}  // namespace lp::cli
