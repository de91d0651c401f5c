#pragma once
#include "base/json.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lp::cli {

/// Thrown where whoever read our output has gone: there is nobody left to tell.
struct OutputClosed : std::runtime_error {
  OutputClosed() : std::runtime_error("standard output was closed") {}
};

/// Writes to standard output at once. `waits` is called from time to time while nobody reads, and may throw.
/// @throws OutputClosed, Error{io}.
void print(std::string_view text, const std::function<void()>& waits = {});

/// print of a document and a line break. Text that is no UTF-8 is mended.
void print_json(const nlohmann::json& document);

/// A number for `--json`, rounded to `digits` after the point.
double rounded(double value, int digits);

/// Columns as wide as their widest cell, two blanks between them; the first row is the heading. Cells are
/// made plain. Columns named in `right` are flush right.
std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& right = {});

/// Whether results and log may have colour: on a terminal, and NO_COLOR (no-color.org) is not set.
bool has_colour(int descriptor);

/// `text` in bold if standard output may have colour.
std::string heading(const std::string& text);

/// `text` with `?` for control characters (C0, DEL, and C1 in UTF-8): what stands in a model file must not
/// steer the terminal.
std::string plain(std::string_view text);

/// "12.3 MB"
std::string human_size(double bytes);

/// One line on the terminal that says how far a batch is; nothing where standard error is none, or with
/// `--quiet`.
class Progress {
 public:
  Progress(bool shown, std::size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void step(const std::string& what);
  /// Says how far the step itself is: also where it is the only one, and a few times a second at most.
  void note(const std::string& how_far);
  /// Takes the line away, so that other text can be printed.
  void clear();

 private:
  bool shown_, written_ = false;
  std::size_t done_ = 0, total_;
  std::string what_;
  std::optional<std::chrono::steady_clock::time_point> noted_;
};

}  // namespace lp::cli
