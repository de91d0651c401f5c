#include "cli/spoken_data.hpp"

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/hearing.hpp"
#include "cli/inputs.hpp"
#include "cli/rows.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace lp::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::array<std::string_view, 5> path_names = {"path", "file", "file_name", "audio",
                                                        "audio_filepath"};
constexpr std::array<std::string_view, 4> text_names = {"text", "sentence", "transcript", "transcription"};
constexpr std::string_view libri_speech = ".trans.txt";
constexpr std::uintmax_t largest_list = 256U << 20U;  // bytes

/// Gathers what lists name.
class Reader {
 public:
  void read(const fs::path& input) {
    std::error_code error;
    if (fs::is_directory(input, error))
      read_folder(input);
    else
      could_read(input);
  }
  SpokenData data;

 private:
  void drop(const std::string& path, Fault fault, std::string why) {
    data.unusable.push_back({path, fault, std::move(why)});
  }

  void read_folder(const fs::path& folder) {
    std::error_code error;
    std::set<fs::path> lists;
    if (fs::exists(folder / "transcripts.json", error)) {
      lists.insert(folder / "transcripts.json");
    } else {
      const auto options = fs::directory_options::skip_permission_denied;
      for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
           it.increment(error))
        if (it->path().string().ends_with(libri_speech)) lists.insert(it->path());
    }
    if (error)
      return drop(folder.string(), Fault::io, fmt::format("{}: {}", folder.string(), error.message()));
    if (lists.empty())
      return drop(folder.string(), Fault::not_found,
                  fmt::format("{}: no transcripts.json and no *.trans.txt in it says what is spoken there",
                              folder.string()));
    std::set<fs::path> folders;
    for (const fs::path& list : lists)
      if (could_read(list)) folders.insert(list.parent_path());
    for (const fs::path& one : folders) drop_unnamed(one);
  }

  /// The sounds of a folder that no list names.
  void drop_unnamed(const fs::path& folder) {
    std::set<fs::path> named;
    for (const Spoken& item : data.items) named.insert(fs::path(item.path).lexically_normal());
    for (const Unusable& one : data.unusable) named.insert(fs::path(one.path).lexically_normal());
    std::vector<std::pair<std::string, std::string>> none;
    const std::array inputs = {folder.string()};
    for (const std::string& sound : expand_inputs(inputs, sound_endings, none))
      if (!named.contains(fs::path(sound).lexically_normal()))
        drop(sound, Fault::not_found, fmt::format("{}: no text says what is spoken in it", sound));
  }

  bool could_read(const fs::path& list) {
    try {
      read_list(list);
      return true;
    } catch (const Error& wrong) {
      drop(list.string(), wrong.fault(), wrong.what());
      return false;
    }
  }

  void read_list(const fs::path& list) {
    std::error_code error;
    if (fs::is_regular_file(list, error) && fs::file_size(list, error) > largest_list)
      fail(Fault::bad_input, "{}: more than {} MB, too large for a list", list.string(), largest_list >> 20U);
    const std::string name = lower(list.filename().string()), ending = fs::path(name).extension().string();
    std::string text = read_text(list);
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (!tokenizing::is_utf8(text)) fail(Fault::bad_input, "{}: its text is not UTF-8", list.string());
    if (name.ends_with(libri_speech)) return read_libri_speech(list, text);
    if (ending == ".json") return read_json(list, text);
    if (ending == ".jsonl") return read_lines(list, text);
    if (ending == ".csv") return read_rows(list, comma_rows(text));
    if (ending == ".tsv") return read_rows(list, tab_rows(text));
    fail(
        Fault::bad_input,
        "{}: no list of sounds and what is spoken in them (transcripts.json, .jsonl, .csv, .tsv, .trans.txt)",
        list.string());
  }

  void read_libri_speech(const fs::path& list, const std::string& text) {
    for (const std::string& line : lines_of(text)) {
      const std::size_t space = std::min(line.find(' '), line.size());
      const std::string id = line.substr(0, space);
      fs::path sound = list.parent_path() / (id + ".flac");
      std::error_code error;
      for (const std::string_view ending : sound_endings)
        if (const fs::path other = list.parent_path() / (id + std::string(ending));
            !fs::exists(sound, error) && fs::exists(other, error))
          sound = other;
      add(list, sound, line.substr(space));
    }
  }

  void read_json(const fs::path& list, const std::string& text) {
    // parse_json takes objects only, and bounds their depth.
    const json whole = parse_json("{\"items\":" + text + "}", list.string());
    const json& items = whole.at("items");
    if (!items.is_array() && !items.is_object())
      fail(Fault::bad_input, "{}: neither {{\"file\": \"text\"}} nor a list of such", list.string());
    if (items.is_array()) {
      for (std::size_t i = 0; i < items.size(); ++i) add(list, fmt::format("item {}", i + 1), items[i]);
      return;
    }
    for (const auto& [file, spoken] : items.items())
      add(list, beside(list, file), spoken.is_string() ? spoken.get<std::string>() : "");
  }

  void read_lines(const fs::path& list, std::string_view text) {
    std::size_t number = 0;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      ++number;
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      const std::string where = fmt::format("{}:{}", list.string(), number);
      try {
        add(list, fmt::format("line {}", number), parse_json(line, where));
      } catch (const Error& error) {
        drop(where, Fault::bad_input, error.what());
      }
    }
  }

  void read_rows(const fs::path& list, std::vector<Row> rows) {
    if (rows.empty())
      return drop(list.string(), Fault::bad_input, fmt::format("{}: it is empty", list.string()));
    const auto column = [&](std::span<const std::string_view> names) {
      const std::vector<std::string>& head = rows.front().cells;
      const auto found = std::ranges::find_if(head, [&](const std::string& cell) {
        return std::ranges::find(names, lower(cell)) != names.end();
      });
      return static_cast<std::size_t>(found - head.begin());
    };
    std::size_t path = column(path_names), text = column(text_names);
    const std::size_t columns = rows.front().cells.size();
    if (path < columns && text < columns) {
      rows.erase(rows.begin());
    } else {
      path = 0;
      text = 1;
    }
    for (const Row& row : rows)
      if (std::max(path, text) < row.cells.size())
        add(list, beside(list, row.cells[path]), row.cells[text]);
      else
        drop(fmt::format("{}:{}", list.string(), row.line), Fault::bad_input,
             fmt::format("{}:{}: a row of {} cells, in which no file and text can be", list.string(),
                         row.line, row.cells.size()));
  }

  /// One object of a list.
  void add(const fs::path& list, const std::string& place, const json& item) {
    const auto value = [&](std::span<const std::string_view> names) {
      for (const std::string_view name : names)
        if (item.is_object() && item.contains(name) && item.at(std::string(name)).is_string())
          return item.at(std::string(name)).get<std::string>();
      return std::string();
    };
    const std::string file = value(path_names);
    if (file.empty())
      return drop(fmt::format("{}: {}", list.string(), place), Fault::bad_input,
                  fmt::format("{}: {} names no file (\"{}\")", list.string(), place,
                              fmt::join(path_names, "\", \"")));
    add(list, beside(list, file), value(text_names));
  }

  static fs::path beside(const fs::path& list, const std::string& file) {
    const fs::path path = list.parent_path() / file, clip = list.parent_path() / "clips" / file;
    std::error_code error;
    return !fs::exists(path, error) && fs::exists(clip, error) ? clip : path;
  }

  void add(const fs::path& list, const fs::path& sound, const std::string& text) {
    constexpr std::string_view spaces = " \t\r\n";
    std::error_code error;
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == text.npos)
      drop(sound.string(), Fault::bad_input,
           fmt::format("{}: {} has no text for it", sound.string(), list.filename().string()));
    else if (!fs::exists(sound, error))
      drop(sound.string(), Fault::not_found,
           fmt::format("{}: no such file, which {} names", sound.string(), list.filename().string()));
    else
      data.items.push_back({sound.string(), text.substr(first, text.find_last_not_of(spaces) + 1 - first)});
  }
};

}  // namespace

SpokenData read_spoken_data(const std::vector<std::string>& inputs) {
  Reader reader;
  for (const std::string& input : inputs) reader.read(input);
  return std::move(reader.data);
}

}  // namespace lp::cli
