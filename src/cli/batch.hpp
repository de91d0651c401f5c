#pragma once
#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lp::cli {

/// What became of one input of a batch: for `--json`, and for people.
struct BatchResult {
  nlohmann::json document;
  std::string text;
  std::string_view key;  // of the batch's more_keys, where the document goes there
};

/// The inputs of one call, worked through one after another.
struct Batch {
  std::string_view key, noun;                                // "images", "pictures"
  std::vector<std::string_view> more_keys;                   // arrays that some results go to instead
  std::vector<std::string> inputs;                           // paths, or texts, as messages name them
  std::vector<std::pair<std::string, std::string>> missing;  // arguments that stand for nothing, and why
  /// `progress`: for what takes long in itself. @throws Error, Stopped.
  std::function<BatchResult(std::size_t index, Progress& progress)> work;
  /// Whatever is to be added at the end, unless a signal stopped the batch or all inputs failed. May be
  /// empty.
  std::function<void(nlohmann::json& answer)> finish;
};

/// Prints `answer` with an array of the documents under `key`, or each text as it comes. An input that fails
/// is named under "errors" and the others go on; a signal ends the batch after the input that it met.
/// Returns the exit status.
int run_batch(const Invocation& invocation, const Batch& batch, nlohmann::json answer);

/// Milliseconds by step, in the order of the work.
using Times = std::vector<std::pair<std::string, double>>;
/// The key "ms" of a document.
nlohmann::json times_json(const Times& times);
/// "(preprocess 1.2 ms, inference 34.5)"
std::string times_text(const Times& times);

}  // namespace lp::cli
