#include "tasks/font.hpp"

#include <ft2build.h>
#include FT_FREETYPE_H

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

namespace lp {
namespace {

constexpr char32_t replacement = 0xFFFD;

/// The folder of the running program; empty if the system does not tell.
std::filesystem::path program_folder() {
  std::error_code error;
#ifdef __APPLE__
  std::string name(4096, '\0');
  auto size = static_cast<std::uint32_t>(name.size());
  if (_NSGetExecutablePath(name.data(), &size) != 0) return {};
  return std::filesystem::canonical(name.c_str(), error).parent_path();
#else
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
#endif
}

/// A letter as FreeType has it: control characters, such as the end of a line, become spaces.
char32_t take_letter(std::string_view& text) {
  const char32_t code = take_code_point(text);
  return code < 0x20 || code == 0x7F ? U' ' : code;
}

void blend(std::uint8_t* pixel, std::array<std::uint8_t, 3> color, int cover) {
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>((pixel[c] * (255 - cover) + color[c] * cover + 127) / 255);
}

/// A glyph of 8-bit coverage, its upper left corner at (left, top).
void blend_glyph(Image& image, const FT_Bitmap& glyph, int left, int top, int right,
                 std::array<std::uint8_t, 3> color) {
  if (glyph.pixel_mode != FT_PIXEL_MODE_GRAY) return;
  const int columns = static_cast<int>(glyph.width), rows = static_cast<int>(glyph.rows);
  for (int y = std::max(0, -top); y < std::min(rows, image.height - top); ++y)
    for (int x = std::max(0, -left); x < std::min(columns, std::min(right, image.width) - left); ++x) {
      const auto at = static_cast<std::ptrdiff_t>(top + y) * image.width + left + x;
      blend(image.rgb.data() + 3 * at, color, glyph.buffer[std::ptrdiff_t{glyph.pitch} * y + x]);
    }
}

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  char32_t code = length == 1 ? first : first & (0x7FU >> length);
  bool is_good = length > 0 && length <= text.size();
  for (std::size_t i = 1; i < length && is_good; ++i) {
    is_good = (byte(i) & 0xC0) == 0x80;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  // Longer than needed, half of a UTF-16 pair, beyond the last plane.
  if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000) || (code >= 0xD800 && code < 0xE000) ||
      code > 0x10FFFF)
    is_good = false;
  text.remove_prefix(is_good ? length : 1);
  return is_good ? code : replacement;
}

std::vector<std::filesystem::path> font_paths() {
  std::vector<std::filesystem::path> paths;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the program does not change its environment
  if (const char* const named = std::getenv("LLAMA_PAJAMAS_FONT"); named != nullptr && *named != '\0')
    paths.emplace_back(named);
  if (const auto folder = program_folder(); !folder.empty()) {
    paths.push_back(folder / "../share/llama-pajamas/DejaVuSans.ttf");
    paths.push_back(folder / "DejaVuSans.ttf");
  }
  paths.emplace_back("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
  paths.emplace_back("/System/Library/Fonts/Supplemental/Arial.ttf");
  return paths;
}

struct Font::Handles {
  FT_Library library = nullptr;
  FT_Face face = nullptr;
};

void Font::Close::operator()(Handles* handles) const {
  if (handles->face != nullptr) FT_Done_Face(handles->face);
  if (handles->library != nullptr) FT_Done_FreeType(handles->library);
  std::default_delete<Handles>()(handles);
}

std::optional<Font> Font::open(const std::vector<std::filesystem::path>& paths, int pixels) {
  std::unique_ptr<Handles, Close> handles(std::make_unique<Handles>().release());
  if (FT_Init_FreeType(&handles->library) != 0) return {};
  for (const auto& path : paths) {
    if (FT_New_Face(handles->library, path.c_str(), 0, &handles->face) != 0) continue;
    if (FT_Set_Pixel_Sizes(handles->face, 0, static_cast<FT_UInt>(pixels)) == 0)
      return Font(std::move(handles));
    FT_Done_Face(handles->face);
    handles->face = nullptr;
  }
  return {};
}

// FreeType's lengths are in 1/64 pixel.
int Font::ascent() const {
  return static_cast<int>((handles_->face->size->metrics.ascender + 63) / 64);
}

int Font::descent() const {
  return static_cast<int>((63 - handles_->face->size->metrics.descender) / 64);
}

int Font::width(std::string_view text) {
  FT_Pos pen = 0;
  while (!text.empty())
    if (FT_Load_Char(handles_->face, take_letter(text), FT_LOAD_DEFAULT) == 0)
      pen += handles_->face->glyph->advance.x;
  return static_cast<int>(std::clamp<FT_Pos>((pen + 63) / 64, 0, 1 << 24));
}

void Font::write(Image& image, int x, int baseline, int right, std::string_view text,
                 std::array<std::uint8_t, 3> color) {
  const FT_GlyphSlot glyph = handles_->face->glyph;
  FT_Pos pen = FT_Pos{x} * 64;
  while (!text.empty() && pen / 64 < right) {
    if (FT_Load_Char(handles_->face, take_letter(text), FT_LOAD_RENDER) != 0) continue;
    blend_glyph(image, glyph->bitmap, static_cast<int>(pen / 64) + glyph->bitmap_left,
                baseline - glyph->bitmap_top, right, color);
    pen += glyph->advance.x;
  }
}

}  // namespace lp
