#pragma once
#include "formats/image.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace lp {

/// The first code point of `text`, which loses its bytes; U+FFFD and one byte where it is not UTF-8. `text`
/// is not empty. Source: The Unicode Standard 15.0, table 3-7.
char32_t take_code_point(std::string_view& text);

/// Where a font file may be, in this order: the environment's LLAMA_PAJAMAS_FONT, beside the program (as
/// installed, as built), where Debian and macOS have one.
std::vector<std::filesystem::path> font_paths();

/// A font file at one size. Not thread-safe.
class Font {
 public:
  /// The first of `paths` that FreeType can read, letters `pixels` high; nothing if there is none.
  static std::optional<Font> open(const std::vector<std::filesystem::path>& paths, int pixels);

  /// Pixels above and below the base line.
  int ascent() const;
  int descent() const;
  /// Pixels that `text` is wide.
  int width(std::string_view text);
  /// Writes `text` from (x, baseline) on; only pixels of the image and left of `right` change.
  void write(Image& image, int x, int baseline, int right, std::string_view text,
             std::array<std::uint8_t, 3> color);

 private:
  struct Handles;
  struct Close {
    void operator()(Handles* handles) const;
  };
  explicit Font(std::unique_ptr<Handles, Close> handles) : handles_(std::move(handles)) {}

  std::unique_ptr<Handles, Close> handles_;
};

}  // namespace lp
