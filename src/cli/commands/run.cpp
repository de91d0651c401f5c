#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/option_list.hpp"
#include "cli/voice_loop.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

/// A model's task: from the manifest, or from the file itself.
std::string task_of(const Store& store, const std::string& asked, const std::string& precision) {
  if (store.contains(asked)) return store.manifest(asked).task;
  const Found found = find_model(store, asked, precision);
  return open_model(found.path, found.name)->info.task;
}

int run(const Invocation& invocation) {
  const std::string& model = invocation.arguments.front();
  if (model == "voice") {
    Invocation inner = invocation;
    inner.arguments.erase(inner.arguments.begin());
    return voice_loop(inner);
  }
  const bool chooses = !invocation.settings.list("labels").empty();  // classify, whatever it was made for
  const std::string task =
      chooses ? "classify"
              : task_of(open_store(invocation.settings), model, invocation.settings.text("precision"));
  for (const Command& command : task_commands()) {
    if (command.name != task) continue;
    Invocation inner = invocation;
    inner.settings.set(option_named("model"), {model}, Source::flag, "MODEL");
    inner.arguments.erase(inner.arguments.begin());
    if (inner.arguments.size() < command.least_arguments)
      fail(Fault::usage, "{} is a model for {}: run {} {}", model, task, model, command.arguments);
    return command.run(inner);
  }
  fail(Fault::unsupported, "{} is a model for `{}`, which this version cannot run", model, task);
}

}  // namespace

Command run_command() {
  Command command{.name = "run",
                  .summary = "do what a model is for; with `voice`, speak with whoever speaks",
                  .arguments = "MODEL|voice [INPUT...]",
                  .options = {"listener", "answer", "half-duplex"},
                  .least_arguments = 1,
                  .most_arguments = any_number,
                  .run = run};
  for (const Command& task : task_commands())
    for (const std::string_view option : task.options)
      if (std::find(command.options.begin(), command.options.end(), option) == command.options.end())
        command.options.push_back(option);
  return command;
}

}  // namespace lp::cli
