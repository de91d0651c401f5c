#pragma once
#include "base/json.hpp"
#include "base/options.hpp"
#include "cli/hearing.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// --format: text, json, jsonl, srt or vtt. @throws Error{usage} for one that is no transcript's.
std::string format_of(const Settings& settings);

/// The files that --save writes transcripts to, one for each input: in its folder, with the base name of the
/// input; "-2", "-3", ... is put after one that an earlier input has. Empty texts without --save.
/// @throws Error{usage} for a format of which many make no file, or no standard output; Error{bad_input} if
/// one would replace any of the inputs.
std::vector<std::string> targets_of(const Settings& settings, const std::string& format,
                                    const std::vector<std::string>& inputs);

/// Where a transcript that is not whole is saved instead: "talk.partial.srt" for "talk.srt".
std::string partial_target(const std::string& target);

/// A transcript as text, srt or vtt, with a line's end.
std::string written(const Transcript& transcript, const std::string& format);

/// What `transcribe --json` says of a sound; with `has_words`, its words, too.
nlohmann::json document_of(const std::string& path, const Heard& heard, bool has_words);

/// {"type","message"} of why a sound was not heard to its end; null where it was.
nlohmann::json error_of(const Heard& heard);

}  // namespace lp::cli
