#pragma once
#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "tasks/sample.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lp::cli {

/// What became of one input of a batch: for `--json`, and for people.
struct BatchResult {
  nlohmann::json document;
  std::string text;
  std::string_view key;          // of the batch's more_keys, where the document goes there
  std::optional<Error> failure;  // what ended the input before its end: it counts as failed
};

/// What a command does with its inputs, which are called by their numbers. An input is read, put among those
/// of its kind, run together with them, and then tells its result.
class BatchWork {
 public:
  virtual ~BatchWork() = default;
  /// The work on an input that is none of a run with others, a video; empty for all others. `progress`: for
  /// what takes long in itself. The function @throws Error, Stopped.
  virtual std::function<BatchResult()> alone(std::size_t /*index*/, Progress& /*progress*/) { return {}; }
  /// Reads an input. @throws Error, Stopped.
  virtual InputKind read(std::size_t index) = 0;
  /// Puts the input that was read last at the end of those of its kind. @throws Error.
  virtual void add(std::size_t index, Sample& to) = 0;
  /// `count` of the inputs from number `first` on through one run. @throws Error.
  virtual void run(Sample& inputs, std::size_t first, std::size_t count) = 0;
  /// What became of an input that was number `position` of the last run. @throws Error.
  virtual BatchResult result(std::size_t index, std::size_t position) = 0;
  /// The input needs nothing any more: it has its result, or failed.
  virtual void forget(std::size_t index) = 0;
  /// Bytes of what is kept for inputs, besides the samples.
  virtual std::size_t kept_bytes() const { return 0; }
};

/// The inputs of one call.
struct Batch {
  std::string_view key, noun;                                // "images", "pictures"
  std::vector<std::string_view> more_keys;                   // arrays that some results go to instead
  std::vector<std::string> inputs;                           // paths, or texts, as messages name them
  std::vector<std::pair<std::string, std::string>> missing;  // arguments that stand for nothing, and why
  /// Whatever is to be added at the end, unless a signal stopped the batch or all inputs failed. May be
  /// empty.
  std::function<void(nlohmann::json& answer)> finish;
};

/// Prints `answer` with an array of the documents under `key`, or each text as it comes, in the order of the
/// inputs. `--batch` inputs of a kind go through one run, or fewer where no more come, or where too many of
/// other kinds wait. An input that fails is named under "errors" and the others go on; a signal ends the
/// batch after the input that it met. Returns the exit status.
int run_batch(const Invocation& invocation, const Batch& batch, BatchWork& work, nlohmann::json answer);

/// Milliseconds by step, in the order of the work.
using Times = std::vector<std::pair<std::string, double>>;
/// The key "ms" of a document.
nlohmann::json times_json(const Times& times);
/// "(preprocess 1.2 ms, inference 34.5)"
std::string times_text(const Times& times);

}  // namespace lp::cli
