#include "cli/batch.hpp"

#include "base/error.hpp"
#include "cli/stop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Bytes of inputs that wait; 300 pictures of 640 x 640 pixels take 1.5 GB.
constexpr std::size_t most_waiting_bytes = 2'000'000'000;
constexpr std::size_t most_waiting = 32;  // runs

struct Failure {
  std::string input, type, message;
};

/// "2 of 5 pictures failed: a.jpg, b.jpg", or the one failure's own words.
json error_json(const Batch& batch, const std::vector<Failure>& failures, std::size_t done) {
  if (failures.size() == 1 && done == 0)
    return {{"type", failures[0].type}, {"message", failures[0].message}};
  std::string names;
  for (const Failure& failure : failures) names += (names.empty() ? "" : ", ") + failure.input;
  return {{"type", failures[0].type},
          {"message", fmt::format("{} of {} {} failed: {}", failures.size(), failures.size() + done,
                                  batch.noun, names)}};
}

/// Why `work` on `what` failed; nothing if it did not.
template <class Work>
std::optional<Failure> failure_of(const std::string& what, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return Failure{what, std::string(name(error.fault())), error.what()};
  } catch (const std::system_error& error) {  // of files and threads
    return Failure{what, std::string(name(Fault::io)), fmt::format("{}: {}", what, error.what())};
  } catch (const std::bad_alloc&) {
    return Failure{what, std::string(name(Fault::out_of_memory)), fmt::format("{}: not enough memory", what)};
  } catch (const Stopped&) {
    return Failure{what, "stopped", fmt::format("{}: stopped", what)};
  }
  return std::nullopt;
}

/// Inputs of one kind that wait until there are enough of them.
struct Group {
  Sample sample;
  std::vector<std::size_t> members;  // rising
};

/// The way of all inputs through the work, and what has become of them.
class BatchRun {
 public:
  BatchRun(const Invocation& invocation, const Batch& batch, BatchWork& work, json& answer)
      : batch_(batch),
        work_(work),
        answer_(answer),
        is_json_(invocation.json()),
        together_(static_cast<std::size_t>(invocation.settings.integer("batch"))),
        progress_(!invocation.settings.flag("quiet"), batch.inputs.size()) {}

  void work_through() {
    for (const auto& [argument, why] : batch_.missing)
      tell_failure({argument, std::string(name(Fault::not_found)), why});
    for (std::size_t i = 0; i < batch_.inputs.size() && stop_signal() == 0; ++i) {
      progress_.step(plain(batch_.inputs[i]));
      take(i);
      while (is_crowded(i)) run_oldest();
    }
    run_all();
    for (auto& [index, outcome] : outcomes_) tell(index, std::move(outcome));  // a signal left gaps
    progress_.clear();
  }

  std::size_t done() const { return done_; }
  const std::vector<Failure>& failures() const { return failures_; }

 private:
  using Outcome = std::variant<BatchResult, Failure>;
  using Groups = std::map<InputKind, Group>;

  /// Works on an input alone, or puts it into its group, which runs when it is full.
  void take(std::size_t index) {
    const std::string& input = batch_.inputs[index];
    if (const auto alone = work_.alone(index, progress_)) {
      run_all();
      attempt(index, [&] { return alone(); });
      return;
    }
    auto group = groups_.end();
    const auto failure = failure_of(input, [&] {
      InputKind kind = work_.read(index);
      group = groups_.find(kind);
      if (group == groups_.end()) {
        group = groups_.emplace(std::move(kind), Group{std::move(spare_), {}}).first;
        spare_ = {};
      }
      work_.add(index, group->second.sample);
      group->second.members.push_back(index);
    });
    if (failure) settle(index, *failure);
    if (group == groups_.end()) return;
    if (group->second.members.empty())
      groups_.erase(group);
    else if (group->second.members.size() >= together_)
      run(group);
  }

  /// Runs a group together, or one by one where one of them may be what fails.
  void run(Groups::iterator at) {
    Group group = std::move(at->second);
    groups_.erase(at);
    const std::size_t count = group.members.size();
    const std::string what =
        count == 1 ? batch_.inputs[group.members.front()] : fmt::format("a batch of {} inputs", count);
    auto failure = failure_of(what, [&] { work_.run(group.sample, 0, count); });
    const bool again = failure && count > 1 && failure->type != name(Fault::out_of_memory);
    for (std::size_t i = 0; i < count && (i == 0 || stop_signal() == 0); ++i) {
      const std::size_t index = group.members[i];
      if (failure && !again) {
        failure->input = batch_.inputs[index];
        settle(index, *failure);
        continue;
      }
      attempt(index, [&] {
        if (again) work_.run(group.sample, i, 1);
        return work_.result(index, again ? 0 : i);
      });
    }
    group.sample.clear();
    spare_ = std::move(group.sample);
  }

  Groups::iterator oldest() {
    return std::ranges::min_element(
        groups_, {}, [](const Groups::value_type& group) { return group.second.members.front(); });
  }
  void run_oldest() { run(oldest()); }
  void run_all() {
    while (!groups_.empty() && stop_signal() == 0) run_oldest();
  }

  /// Whether too much waits for others of its kind: results that are to be told later, or memory.
  bool is_crowded(std::size_t index) {
    if (groups_.empty()) return false;
    std::size_t bytes = work_.kept_bytes();
    for (const auto& [kind, group] : groups_) bytes += group.sample.size_bytes();
    return bytes > most_waiting_bytes || index - oldest()->second.members.front() >= most_waiting * together_;
  }

  template <class Work>
  void attempt(std::size_t index, const Work& work) {
    BatchResult result;
    const auto failure = failure_of(batch_.inputs[index], [&] { result = work(); });
    failure ? settle(index, *failure) : settle(index, std::move(result));
  }

  /// What became of an input, told in the order of the inputs.
  void settle(std::size_t index, Outcome outcome) {
    work_.forget(index);
    outcomes_.emplace(index, std::move(outcome));
    for (auto next = outcomes_.find(next_); next != outcomes_.end(); next = outcomes_.find(++next_)) {
      tell(next_, std::move(next->second));
      outcomes_.erase(next);
    }
  }

  void tell(std::size_t index, Outcome outcome) {
    progress_.clear();
    if (Failure* const failure = std::get_if<Failure>(&outcome)) return tell_failure(std::move(*failure));
    auto& result = std::get<BatchResult>(outcome);
    if (is_json_)
      answer_[std::string(result.key.empty() ? batch_.key : result.key)].push_back(
          std::move(result.document));
    else
      print(result.text);
    if (result.failure)
      tell_failure(
          {batch_.inputs[index], std::string(name(result.failure->fault())), result.failure->what()});
    else
      ++done_;
  }

  void tell_failure(Failure failure) {
    if (failures_.empty() || failures_.back().message != failure.message)
      spdlog::error("{}", failure.message);
    failures_.push_back(std::move(failure));
  }

  const Batch& batch_;
  BatchWork& work_;
  json& answer_;
  bool is_json_;
  std::size_t together_;
  Progress progress_;
  Groups groups_;
  Sample spare_;  // its memory
  std::map<std::size_t, Outcome> outcomes_;
  std::size_t next_ = 0, done_ = 0;  // next_: whose outcome is told next
  std::vector<Failure> failures_;
};

}  // namespace

int run_batch(const Invocation& invocation, const Batch& batch, BatchWork& work, json answer) {
  answer[std::string(batch.key)] = json::array();
  for (const std::string_view key : batch.more_keys) answer[std::string(key)] = json::array();
  BatchRun run(invocation, batch, work, answer);
  run.work_through();
  const std::vector<Failure>& failures = run.failures();
  const std::size_t done = run.done();
  const int stopped_by = stop_signal();
  if (batch.finish && stopped_by == 0 && done > 0) batch.finish(answer);
  for (const Failure& failure : failures)
    answer["errors"].push_back(
        {{"path", failure.input}, {"type", failure.type}, {"message", failure.message}});
  if (!failures.empty()) answer["error"] = error_json(batch, failures, done);
  if (stopped_by != 0) {
    const std::string text = fmt::format("stopped after {} of {} {}", done, batch.inputs.size(), batch.noun);
    answer["error"] = {{"type", "stopped"}, {"message", text}};
    spdlog::error("{}", text);
  }
  if (invocation.json()) print_json(answer);
  if (stopped_by != 0) return 128 + stopped_by;
  return failures.empty() ? 0 : 1;
}

json times_json(const Times& times) {
  json ms = json::object();
  for (const auto& [step, time] : times) ms[step] = rounded(time, 3);
  return ms;
}

std::string times_text(const Times& times) {
  std::string text;
  for (const auto& [step, time] : times)
    text += fmt::format("{}{} {:.1f}{}", text.empty() ? "" : ", ", step, time, text.empty() ? " ms" : "");
  return "(" + text + ")";
}

}  // namespace lp::cli
