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

/// The words in what was left over: none is an option, but behind `--` and behind a command's name.
std::vector<std::string> words_of(const std::vector<std::string>& left, std::span<const Option> options,
                                  Until until) {
  std::vector<std::string> words;
  bool literal = false;
  for (const std::string& word : left) {
    if (!literal && word == "--") {
      literal = true;
      continue;
    }
    if (!literal && word.size() > 1 && word.starts_with('-')) unknown_option(options, word);
    words.push_back(word);
    literal = literal || until == Until::first_word;
  }
  return words;
}

/// `key: value`, `- item` and `---` begin no line of a TOML file.
bool looks_like_yaml(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with("---") || line.starts_with("- ")) return true;
  const auto ends_key = [](char c) {
    return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_';
  };
  const auto end = std::find_if(line.begin(), line.end(), ends_key);
  if (end == line.begin() || end == line.end() || *end != ':') return false;
  return end + 1 == line.end() || *(end + 1) == ' ' || *(end + 1) == '\r';
}

void refuse_yaml(const std::string& text, const std::string& file) {
  std::istringstream stream(text);
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number)
    if (looks_like_yaml(line))
      fail(Fault::usage, "{}: line {} looks like YAML; this version reads TOML: `threads = 2`", file, number);
}

}  // namespace

Arguments parse_arguments(std::span<const Option> options, std::span<const std::string> words, Until until) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  // Words are what CLI11 leaves over: a positional of many values would read `[a,b]` as two.
  if (until == Until::first_word) app.prefix_command();
  std::vector<std::pair<const Option*, CLI::Option*>> made;
  for (const Option& option : options) {
    const std::string names =
        (option.letter != 0 ? fmt::format("-{},", option.letter) : "") + "--" + option.name;
    CLI::Option* const added = option.kind == OptionKind::flag
                                   ? app.add_flag(names)
                                   : app.add_option(names)->type_size(1)->expected(1);
    added->multi_option_policy(is_repeatable(option.kind) ? CLI::MultiOptionPolicy::TakeAll
                                                          : CLI::MultiOptionPolicy::TakeLast);
    made.emplace_back(&option, added);
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();  // begins with the option's name
    fail(Fault::usage, "{}: needs a value", text.substr(0, text.find(':')));
  } catch (const CLI::ParseError& error) {
    throw Error(Fault::usage, sentence(error));
  }
  Arguments arguments{.given = {}, .rest = words_of(app.remaining(), options, until)};
  for (const auto& [option, added] : made)
    if (added->count() > 0) arguments.given[option->name] = added->results();
  return arguments;
}

std::vector<FileEntry> parse_config(const std::string& text, const std::string& file) {
  refuse_yaml(text, file);
  std::istringstream stream(text);
  std::vector<FileEntry> entries;
  try {
    for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
      if (item.name == "++" || item.name == "--") continue;  // where a table begins and ends
      std::string key = item.name;
      std::replace(key.begin(), key.end(), '_', '-');
      std::string section;
      for (const std::string& parent : item.parents) section += (section.empty() ? "" : ".") + parent;
      entries.push_back({section, key, item.inputs, file});
    }
  } catch (const CLI::Error& error) {
    fail(Fault::usage, "{}: {}", file, sentence(error));
  }
  return entries;
}

}  // namespace lp
