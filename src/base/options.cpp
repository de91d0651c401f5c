#include "base/options.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lp {
namespace {

std::optional<bool> parse_switch(std::string_view text) {
  const std::string word = lower(text);
  if (word == "1" || word == "true" || word == "yes" || word == "on") return true;
  if (word == "0" || word == "false" || word == "no" || word == "off" || word.empty()) return false;
  return std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  const std::optional<double> value = parse_real(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int> parse_integer(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string range_of(const Option& option) {
  constexpr double none = std::numeric_limits<double>::max();
  const std::string least = fmt::format("{:.10g}", option.least), most = fmt::format("{:.10g}", option.most);
  if (option.most == none) return "at least " + least;
  if (option.least == -none) return "at most " + most;
  return least + " to " + most;
}

void check_text(const Option& option, const std::string& text, const std::string& where) {
  switch (option.kind) {
    case OptionKind::flag:
      if (!parse_switch(text)) fail(Fault::usage, "{}: `{}` is neither true nor false", where, text);
      break;
    case OptionKind::integer:
    case OptionKind::number: {
      const bool whole = option.kind == OptionKind::integer;
      const std::optional<double> value =
          whole ? std::optional<double>(parse_integer(text)) : parse_number(text);
      if (!value) fail(Fault::usage, "{}: `{}` is not a {}number", where, text, whole ? "whole " : "");
      if (*value < option.least || *value > option.most)
        fail(Fault::usage, "{}: {} is out of range ({})", where, text, range_of(option));
      break;
    }
    case OptionKind::text:
    case OptionKind::list:
    case OptionKind::texts: break;
  }
  if (!option.choices.empty() &&
      std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end())
    fail(Fault::usage, "{}: no `{}` (did you mean `{}`?); there are: {}", where, text,
         nearest(text, option.choices), fmt::join(option.choices, ", "));
}

/// "a,b" and "c" as a, b, c.
std::vector<std::string> split_commas(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t comma = std::min(text.find(',', start), text.size());
      std::string part = text.substr(start, comma - start);
      part.erase(0, part.find_first_not_of(' '));
      part.erase(part.find_last_not_of(' ') + 1);
      if (!part.empty()) parts.push_back(std::move(part));
      start = comma + 1;
    }
  }
  return parts;
}

}  // namespace

std::string environment_name(const Option& option) {
  std::string variable = "LLAMA_PAJAMAS_" + option.name;
  for (char& c : variable) c = c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return variable;
}

std::string_view name(Source source) {
  switch (source) {
    case Source::preset: return "default";
    case Source::file: return "file";
    case Source::environment: return "environment";
    case Source::flag: return "flag";
  }
  return "default";
}

const Settings::Value& Settings::find(std::string_view option) const {
  const auto it = values_.find(option);
  if (it == values_.end())
    fail(Fault::internal, "the command does not take the option `{}` that it reads", option);
  return it->second;
}

bool Settings::flag(std::string_view option) const {
  const Value& value = find(option);
  return !value.texts.empty() && parse_switch(value.texts.back()).value_or(false);
}

std::string Settings::text(std::string_view option) const {
  const Value& value = find(option);
  return value.texts.empty() ? "" : value.texts.back();
}

int Settings::integer(std::string_view option) const {
  return parse_integer(text(option)).value_or(0);
}

double Settings::number(std::string_view option) const {
  return parse_number(text(option)).value_or(0);
}

std::vector<std::string> Settings::list(std::string_view option) const {
  return find(option).texts;
}

void Settings::set(const Option& option, std::vector<std::string> texts, Source source,
                   const std::string& where) {
  const auto it = values_.find(option.name);
  if (it != values_.end() && it->second.source > source) return;
  if (option.kind == OptionKind::list) texts = split_commas(texts);
  if (!is_repeatable(option.kind) && texts.size() > 1)
    texts.erase(texts.begin(), texts.end() - 1);  // the last one counts
  for (const std::string& text : texts) check_text(option, text, where);
  values_.insert_or_assign(option.name, Value{&option, std::move(texts), source});
}

Settings resolve_settings(std::span<const Option> options, const Arguments& arguments,
                          std::span<const FileEntry> file, std::string_view command,
                          const std::function<const char*(const char*)>& environment) {
  Settings settings;
  for (const Option& option : options) {
    std::vector<std::string> preset;
    if (option.computed_default != nullptr) {
      preset.push_back(option.computed_default());
    } else if (!option.default_text.empty()) {
      preset.push_back(option.default_text);
    }
    settings.set(option, std::move(preset), Source::preset, option.name);
    const auto given = arguments.given.find(option.name);
    if (given != arguments.given.end()) settings.set(option, given->second, Source::flag, "--" + option.name);
    if (option.flag_only) continue;
    for (const bool in_table : {false, true})  // the command's own table is the more exact
      for (const FileEntry& entry : file)
        if (entry.key == option.name && entry.section == (in_table ? command : std::string_view{}))
          settings.set(option, entry.texts, Source::file, fmt::format("{}: `{}`", entry.file, entry.key));
    const std::string variable = environment_name(option);
    if (const char* const value = environment(variable.c_str()); value != nullptr && *value != 0)
      settings.set(option, {value}, Source::environment, variable);
  }
  return settings;
}

void check_config(std::span<const FileEntry> entries, std::span<const Option> options,
                  std::span<const std::string> commands, const std::string& file) {
  std::vector<std::string> names;
  for (const Option& option : options)
    if (!option.flag_only) names.push_back(option.name);
  for (const FileEntry& entry : entries) {
    if (!entry.section.empty() &&
        std::find(commands.begin(), commands.end(), entry.section) == commands.end())
      fail(Fault::usage, "{}: [{}] is no command; nearest is [{}]", file, entry.section,
           nearest(entry.section, commands));
    if (std::find(names.begin(), names.end(), entry.key) == names.end())
      fail(Fault::usage, "{}: no option `{}`; nearest is `{}`", file, entry.key, nearest(entry.key, names));
  }
}

}  // namespace lp
