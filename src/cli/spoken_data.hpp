#pragma once
#include "base/error.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// A sound file and what is said in it.
struct Spoken {
  std::string path, text;
};

/// A file that cannot be evaluated, and a sentence that says why.
struct Unusable {
  std::string path;
  Fault fault = Fault::bad_input;
  std::string why;
};

struct SpokenData {
  std::vector<Spoken> items;
  std::vector<Unusable> unusable;
};

/// Sounds with their texts, in the layouts that data sets have, told apart by their names:
/// - transcripts.json: {"a.wav": "text"} or [{"file": "a.wav", "text": "..."}];
/// - ID.trans.txt (LibriSpeech): lines of ID and text, of ID.flac or another sound beside it;
/// - .jsonl: an object a line; .csv (RFC 4180), .tsv: rows, the first one perhaps with the columns' names.
/// File:
///   "path", "file", "file_name", "audio", "audio_filepath"; text: "text", "sentence", "transcript",
///   "transcription"; without names the first and second column;
/// - a folder: its transcripts.json, else all *.trans.txt in it and below.
/// Paths are relative to the list, or to `clips` beside it (Common Voice). What is missing or empty, and the
/// sounds of a folder that its list does not name, become `unusable`; nothing is thrown for what is in the
/// data.
SpokenData read_spoken_data(const std::vector<std::string>& inputs);

}  // namespace lp::cli
