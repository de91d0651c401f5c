#pragma once
#include "base/json.hpp"
#include "cli/model_choice.hpp"
#include "cli/spoken_data.hpp"
#include "tasks/transcriber.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// How a model that hears is evaluated.
struct SpeechPlan {
  std::string original;  // name or file of the model to compare with
  SpeechOptions options;
};

/// The plan of a report, by its "options". @throws nlohmann::json::exception if they are none.
SpeechPlan plan_of(const nlohmann::json& options);

/// Digests of sounds that can be read; the others become `unusable`.
struct SpeechDigests {
  std::vector<std::string> sounds;  // of each item
  std::string all;                  // of the sounds and their texts, whatever their order
};
SpeechDigests digests_of(SpokenData& data);

/// Transcribes the sounds and counts how many words and characters are wrong, by Whisper's rules of what
/// makes two texts the same; the original too, in F32, unless that is the model itself. Gives a report
/// (cli/reports.hpp) with "metrics"
/// {"wer","cer"}, "words" and "characters", "rtf", "original" with the same; and what manifests do not keep:
/// "items", "errors" of the files that could not be evaluated, each of which is logged, and "stopped" where a
/// signal came. Without "metrics" where nothing could be evaluated.
/// @throws Error{bad_input} if the model was calibrated on one of the sounds; Error{usage} for a language or
/// task that a model does not have; as load_model.
nlohmann::json evaluate_speech(const Settings& settings, const Store& store, const Found& found,
                               const SpeechPlan& plan, SpokenData data);

}  // namespace lp::cli
