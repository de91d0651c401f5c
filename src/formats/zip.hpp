#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace lp {

/// An entry of a zip archive: a view into the archive's bytes.
struct ZipEntry {
  std::span<const std::byte> data;
  bool packed = false;  // compressed or encrypted, so that `data` are not what the entry stands for
};

/// The entries of a zip archive that lies in memory, by name; nothing is copied.
/// Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14 to 4.3.16
/// (its end, zip64), 4.5.3 (zip64 sizes).
/// @throws Error{bad_model} if it is broken, has two entries of one name, or more than 2^20 entries.
std::map<std::string_view, ZipEntry> zip_entries(std::span<const std::byte> bytes, const std::string& file);

}  // namespace lp
