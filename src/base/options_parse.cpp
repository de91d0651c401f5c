// What CLI11 does for options.hpp: taking command lines and config files apart.
#include "base/error.hpp"
#include "base/options.hpp"
#include "base/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace lp {
namespace {

[[noreturn]] void unknown_option(std::span<const Option> options, const std::string& word) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back("--" + option.name);
  const std::string asked = word.substr(0, word.find('='));
  if (!asked.starts_with("--")) fail(Fault::usage, "no option `{}`; `--help` lists them", asked);
  fail(Fault::usage, "no option `{}`; did you mean `{}`?", asked, nearest(asked, names));
}

/// CLI11's sentences end in line breaks and full stops, ours do not.
std::string sentence(const CLI::Error& error) {
  std::string text = error.what();
  text.erase(text.find_last_not_of("\n .") + 1);
  return text;
}

}  // namespace

Arguments parse_arguments(std::span<const Option> options, std::span<const std::string> words, Until until) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::string> rest;
  if (until == Until::first_word) {
    app.prefix_command();
  } else {
    app.add_option("rest", rest);
  }
  std::vector<std::pair<const Option*, CLI::Option*>> made;
  for (const Option& option : options) {
    const std::string names =
        (option.letter != 0 ? fmt::format("-{},", option.letter) : "") + "--" + option.name;
    CLI::Option* const added = option.kind == OptionKind::flag
                                   ? app.add_flag(names)
                                   : app.add_option(names)->type_size(1)->expected(1);
    added->multi_option_policy(option.kind == OptionKind::list ? CLI::MultiOptionPolicy::TakeAll
                                                               : CLI::MultiOptionPolicy::TakeLast);
    made.emplace_back(&option, added);
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    throw Error(Fault::usage, sentence(error));
  }
  std::vector<std::string> left = app.remaining();
  if (!left.empty() && left.front() == "--") left.erase(left.begin());  // what stands behind it is words
  if (!left.empty() && left.front().size() > 1 && left.front().starts_with('-'))
    unknown_option(options, left.front());
  Arguments arguments{.given = {}, .rest = until == Until::end ? rest : left};
  for (const auto& [option, added] : made)
    if (added->count() > 0) arguments.given[option->name] = added->results();
  return arguments;
}

std::vector<FileEntry> parse_config(const std::string& text, const std::string& file) {
  std::istringstream stream(text);
  std::vector<FileEntry> entries;
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
      if (item.name == "++" || item.name == "--") continue;  // where a table begins and ends
      std::string key = item.name;
      std::replace(key.begin(), key.end(), '_', '-');
      std::string section;
      for (const std::string& parent : item.parents) section += (section.empty() ? "" : ".") + parent;
      entries.push_back({section, key, item.inputs});
    }
  } catch (const CLI::Error& error) {
    fail(Fault::usage, "{}: {}", file, sentence(error));
  }
  return entries;
}

}  // namespace lp
