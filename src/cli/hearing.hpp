#pragma once
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "cli/output.hpp"
#include "media/sound_reader.hpp"
#include "tasks/transcriber.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lp::cli {

/// Endings of the files that a folder is searched for.
inline constexpr std::array<std::string_view, 23> sound_endings = {
    ".wav", ".wave", ".mp3", ".flac", ".m4a", ".m4b", ".ogg", ".opus", ".oga", ".aac", ".aif", ".aiff",
    ".caf", ".amr",  ".wma", ".webm", ".mka", ".mkv", ".mp4", ".mov",  ".avi", ".3gp", ".ts"};

/// What --language, --task, --prompt, --beam-size, --temperature and --pad ask for.
SpeechOptions speech_options(const Settings& settings);
/// The same as a report keeps them: {"language","task","prompt","beam_size","pad"}, "temperature" if it was
/// given; and of what is there.
nlohmann::json json_of(const SpeechOptions& options);
SpeechOptions speech_options_of(const nlohmann::json& kept);

/// A sound file, or standard input (`-`), at the rate that a Whisper hears; at its end as soon as `stop` says
/// so. `pcm_rate`: of samples without a header, 0 for all else. @throws as SoundReader.
SoundReader open_sound(const std::string& path, int pcm_rate, const std::function<bool()>& stop);

/// What was heard in a sound file, and how long that took.
struct Heard {
  Transcript transcript;
  nlohmann::json times;  // ms: "decode", "encoder", "decoder", "total"
  std::int64_t damaged_packets = 0;
  double missing_s = 0;        // of what the file says that it is long; 0 where it has all of that, or nearly
  std::optional<Error> error;  // why the rest of it could not be read
  bool is_stopped = false;     // by a signal, before its end
};

/// One sound file through the model, or standard input (`-`); `progress` is told how far it is. `pcm_rate`:
/// of samples without a header, 0 for all else. What was heard before it had to end is kept.
/// @throws Stopped before anything was heard; Error{bad_input} for a sound without samples; as SoundReader
/// and Transcriber.
Heard hear(Transcriber& transcriber, const std::string& path, const SpeechOptions& options,
           Progress& progress, int pcm_rate = 0);

}  // namespace lp::cli
