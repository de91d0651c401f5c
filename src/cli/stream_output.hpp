#pragma once
#include "base/json.hpp"
#include "tasks/streaming/speech_stream.hpp"

#include <string>
#include <vector>

namespace lp::cli {

/// What became known of a stream, and when.
struct StreamNews {
  const StreamUpdate& update;
  double now = 0;                     // seconds on the sound's clock
  double final_ms = 0, open_ms = 0;   // since the end of the last final word, and of the last open one
  const std::vector<double>& waited;  // ms for each final word: from its end until it was first there
};

/// Where the words of a stream go.
class StreamOutput {
 public:
  virtual ~StreamOutput() = default;
  virtual void show(const StreamNews& news) = 0;
  /// Nothing follows; `summary`: the whole, as JSON has it.
  virtual void end(const nlohmann::json& summary) = 0;
};

/// Words for people on standard output: those that are final, a line from one long pause to the next. On a
/// terminal, those that may change stand behind them.
class StreamText final : public StreamOutput {
 public:
  StreamText();
  void show(const StreamNews& news) override;
  void end(const nlohmann::json& summary) override;

 private:
  void add(const std::string& word);

  std::size_t columns_;  // of the terminal; 0: there is none
  std::string line_;     // what stands on it
};

/// A line of JSON for each event: {"type": "final"|"partial", ...}, and the summary.
class StreamLines final : public StreamOutput {
 public:
  void show(const StreamNews& news) override;
  void end(const nlohmann::json& summary) override;

 private:
  std::string last_;  // partial text that was written
};

/// As they stand under "words".
nlohmann::json words_json(const std::vector<StreamWord>& words);

}  // namespace lp::cli
