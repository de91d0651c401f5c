#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/openmp_wait.hpp"
#include "cli/option_list.hpp"
#include "cli/output.hpp"
#include "cli/stop.hpp"
#include "cli/version.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <new>
#include <span>

namespace lp::cli {
namespace {

constexpr int status_failed = 1, status_usage = 2;

const char* environment(const char* variable) {
  return std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
}

/// A command line with its command found.
struct Call {
  const Command* command = nullptr;  // null: none was given
  std::vector<Option> options;
  Arguments arguments;
};

Call read_command_line(const std::vector<std::string>& words) {
  Call call;
  Arguments before = parse_arguments(common_options(), words, Until::first_word);
  if (before.rest.empty()) {
    call.options.assign(common_options().begin(), common_options().end());
    call.arguments = std::move(before);
    return call;
  }
  const std::string& name = before.rest.front();
  call.command = find_command(name);
  if (call.command == nullptr) {
    std::vector<std::string> names;
    for (const Command& command : commands()) names.emplace_back(command.name);
    fail(Fault::usage, "no command `{}`; did you mean `{}`? `llama-pajamas --help` lists them", name,
         nearest(name, names));
  }
  call.options = options_of(*call.command);
  call.arguments = parse_arguments(call.options, std::span(before.rest).subspan(1));
  call.arguments.given.merge(before.given);  // what stands after the command wins
  return call;
}

Settings resolve(const Call& call) {
  std::string file;
  if (const char* const variable = environment("LLAMA_PAJAMAS_CONFIG"); variable != nullptr) file = variable;
  if (const auto given = call.arguments.given.find("config"); given != call.arguments.given.end())
    file = given->second.back();
  std::vector<FileEntry> entries;
  if (!file.empty()) {
    entries = parse_config(read_text(file), file);
    std::vector<std::string> names;
    for (const Command& command : commands()) names.emplace_back(command.name);
    check_config(entries, option_list(), names, file);
  }
  const std::string_view command = call.command != nullptr ? call.command->name : "";
  return resolve_settings(call.options, call.arguments, entries, command, environment);
}

/// The message without control characters: names of files and models stand in it.
class PlainMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& to) override {
    const std::string text = plain({message.payload.data(), message.payload.size()});
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<PlainMessage>();
  }
};

void set_up_log(const Settings& settings) {
  const auto logger = spdlog::stderr_color_mt(
      "llama-pajamas", has_colour(STDERR_FILENO) ? spdlog::color_mode::always : spdlog::color_mode::never);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PlainMessage>('*').set_pattern("%n: %^%l%$: %*");
  logger->set_formatter(std::move(formatter));
  logger->set_level(settings.flag("quiet")     ? spdlog::level::err
                    : settings.flag("verbose") ? spdlog::level::debug
                                               : spdlog::level::warn);
  spdlog::set_default_logger(logger);
}

void check_count(const Command& command, std::size_t count) {
  if (count >= command.least_arguments && count <= command.most_arguments) return;
  fail(Fault::usage, "{}: too {} arguments; usage: llama-pajamas {}{}{}", command.name,
       count < command.least_arguments ? "few" : "many", command.name, command.arguments.empty() ? "" : " ",
       command.arguments);
}

/// What a switch is set to on the command line, or in text; off where it cannot be told.
bool is_on(const Option& option, const std::vector<std::string>& texts) {
  try {
    Settings settings;
    settings.set(option, texts, Source::flag, option.name);
    return settings.flag(option.name);
  } catch (const Error&) {
    return false;
  }
}

bool is_on(const Call& call, std::string_view option) {
  const auto given = call.arguments.given.find(std::string(option));
  return given != call.arguments.given.end() && is_on(option_named(option), given->second);
}

/// Whether errors are wanted as JSON where the settings could not be put together.
bool wants_json(const std::vector<std::string>& words) {
  const Option& option = option_named("json");
  std::vector<std::string> texts;
  if (const char* const variable = environment("LLAMA_PAJAMAS_JSON"); variable != nullptr)
    texts.emplace_back(variable);
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word == "--json") texts.emplace_back("true");
    if (word.starts_with("--json=")) texts.push_back(word.substr(word.find('=') + 1));
  }
  return is_on(option, texts);
}

/// `json` is whether the answer, be it an error, is to be JSON, and is set as soon as that is known.
int run(const std::vector<std::string>& words, bool& json) {
  const Call call = read_command_line(words);
  // Both are answered whatever the environment and the config file have.
  if (is_on(call, "version")) {
    json ? print_json(version_json()) : print(version_text() + "\n");
    return 0;
  }
  if (is_on(call, "help")) {
    print(call.command != nullptr ? command_help(*call.command) : program_help());
    return 0;
  }
  const Invocation invocation{resolve(call), call.arguments.rest};
  json = invocation.json();
  set_up_log(invocation.settings);
  if (call.command == nullptr) fail(Fault::usage, "no command; `llama-pajamas --help` lists them");
  check_count(*call.command, invocation.arguments.size());
  return call.command->run(invocation);
}

int report(bool json, std::string_view type, const std::string& text) {
  std::fputs(fmt::format("llama-pajamas: {}\n", plain(text)).c_str(), stderr);
  if (json) {
    try {
      print_json({{"error", {{"type", type}, {"message", text}}}});
    } catch (const std::exception& error) {  // standard output is the trouble: standard error has the reason
      spdlog::debug("the error is not printed as JSON: {}", error.what());
    }
  }
  return type == name(Fault::usage) ? status_usage : status_failed;
}

/// The one place where errors become sentences and exit statuses.
int guarded(const std::vector<std::string>& words) {
  bool json = wants_json(words);
  try {
    return run(words, json);
  } catch (const OutputClosed&) {
    return 128 + SIGPIPE;
  } catch (const Stopped&) {
    report(json, "stopped", "stopped");
    return 128 + stop_signal();
  } catch (const Error& error) {
    if (stop_signal() != 0) {  // what was waited for was called off
      report(json, "stopped", "stopped");
      return 128 + stop_signal();
    }
    return report(json, name(error.fault()), error.what());
  } catch (const std::bad_alloc&) {
    return report(json, "out_of_memory", "not enough memory");
  } catch (const std::exception& error) {
    return report(json, name(Fault::internal), error.what());
  }
}

}  // namespace
}  // namespace lp::cli

int main(int count, char** values) {
  lp::cli::settle_openmp_wait(values);
  std::vector<std::string> words(values + std::min(count, 1), values + count);
  if (count > 0 && std::filesystem::path(values[0]).filename() == "llama-pajamas-run")
    words.insert(words.begin(), "run");
  lp::cli::catch_signals();
  return lp::cli::guarded(words);
}
