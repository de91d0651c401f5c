#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// A list takes `a,b` as two and may be given again; texts are taken as they are, one each time.
enum class OptionKind : std::uint8_t { flag, text, integer, number, list, texts };

/// Whether an option keeps all that it is given, not only the last.
inline bool is_repeatable(OptionKind kind) {
  return kind == OptionKind::list || kind == OptionKind::texts;
}

/// One setting of the program. Flags, environment variables, keys of the config file, `--help`, the man page
/// and the shells' completions are all made from a list of these.
struct Option {
  std::string name;  // "max-detections"; unique in the program
  OptionKind kind = OptionKind::text;
  std::string default_text;          // as it would be typed; "" for none
  std::string placeholder;           // "N", "DIR"; empty for flags
  std::string help;                  // one phrase, no full stop
  std::vector<std::string> choices;  // nothing else is accepted, where there are any
  double least = std::numeric_limits<double>::lowest(), most = std::numeric_limits<double>::max();
  char letter = 0;  // 'q' for -q
  /// The default where it depends on the machine; `default_text` then says it in words.
  std::string (*computed_default)() = nullptr;
  /// Whether it makes sense on the command line only (--help): no environment variable, no key.
  bool flag_only = false;
};

/// "LLAMA_PAJAMAS_MAX_DETECTIONS"
std::string environment_name(const Option& option);

/// Where a value came from, weakest first.
enum class Source : std::uint8_t { preset, file, environment, flag };

/// "default", "file", "environment", "flag"
std::string_view name(Source source);

/// The value of every option of a command, and where it came from. Values were checked when they were set.
class Settings {
 public:
  struct Value {
    const Option* option;
    std::vector<std::string> texts;  // one, but for lists and texts; none where nothing was given
    Source source = Source::preset;
  };

  bool flag(std::string_view option) const;
  std::string text(std::string_view option) const;
  int integer(std::string_view option) const;
  double number(std::string_view option) const;
  std::vector<std::string> list(std::string_view option) const;
  /// Whether it was given by flag, environment or file.
  bool given(std::string_view option) const { return find(option).source != Source::preset; }
  /// Whether it has a value at all, given or by default.
  bool has(std::string_view option) const { return !find(option).texts.empty(); }
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }

  /// Sets a value, if no stronger source has. `where` names the giver in messages: "--threads",
  /// "LLAMA_PAJAMAS_THREADS".
  /// @throws Error{usage} if the option cannot have it.
  void set(const Option& option, std::vector<std::string> texts, Source source, const std::string& where);

 private:
  const Value& find(std::string_view option) const;
  std::map<std::string, Value, std::less<>> values_;
};

/// A command line taken apart: what each option was given, and everything else in order.
struct Arguments {
  std::map<std::string, std::vector<std::string>> given;  // by option name
  std::vector<std::string> rest;
};

/// How far to read: to the end, or to the first word that is no option (the command's name).
enum class Until : std::uint8_t { end, first_word };

/// Reads `--name value`, `--name=value`, `-q`, and `--` before words that begin with a dash. `-` is a word.
/// @throws Error{usage} for an unknown option, with the nearest one, and for one without its value.
Arguments parse_arguments(std::span<const Option> options, std::span<const std::string> words,
                          Until until = Until::end);

/// One `key = value` of a config file; `section` is the table that it stands in, "" for none.
struct FileEntry {
  std::string section, key;
  std::vector<std::string> texts;
  std::string file;  // for messages
};

/// Reads a config file (TOML: keys, strings, numbers, booleans, arrays, tables). `file` names it in messages.
/// @throws Error{usage} if it cannot be read as such.
std::vector<FileEntry> parse_config(const std::string& text, const std::string& file);

/// Puts together what `options` are set to: flag > environment > file > default. Entries of the file count if
/// they stand in no table or in that of `command`. `environment` gives a variable's value or null, as getenv
/// does.
/// @throws Error{usage} naming the giver.
Settings resolve_settings(std::span<const Option> options, const Arguments& arguments,
                          std::span<const FileEntry> file, std::string_view command,
                          const std::function<const char*(const char*)>& environment);

/// @throws Error{usage} if the file has a key that is none of `options`, or a table that is none of
/// `commands`.
void check_config(std::span<const FileEntry> entries, std::span<const Option> options,
                  std::span<const std::string> commands, const std::string& file);

}  // namespace lp
