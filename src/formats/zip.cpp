// Not by libarchive: it reads zip files as streams into buffers of its own and does not say where an entry
// lies in the file, so weights could not be mapped.
#include "formats/zip.hpp"

#include "base/error.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"

#include <optional>

namespace lp {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t local_signature = 0x04034B50, entry_signature = 0x02014B50,
                        end_signature = 0x06054B50, end64_signature = 0x06064B50,
                        locator_signature = 0x07064B50;
constexpr std::size_t local_size = 30, entry_size = 46, end_size = 22, end64_size = 56, locator_size = 20;
constexpr std::size_t longest_comment = 0xFFFF;
constexpr std::size_t most_entries = std::size_t{1} << 20U;
constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;  // the true value stands in a zip64 record

[[noreturn]] void broken(const std::string& file) {
  fail(Fault::bad_model, "{}: a broken zip file; it was cut short or changed", file);
}

/// `size` bytes from `offset` on. @throws Error{bad_model} if the file does not have them.
Bytes part(Bytes bytes, std::uint64_t offset, std::uint64_t size, const std::string& file) {
  if (offset > bytes.size() || size > bytes.size() - offset) broken(file);
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

/// The number at `offset` of a record, which is known to have it.
template <class T>
T field(Bytes record, std::size_t offset) {
  T value;
  std::memcpy(&value, record.data() + offset, sizeof value);
  return value;
}

/// Where the record that ends the archive begins: it is the last thing but for a comment.
std::size_t find_end(Bytes bytes, const std::string& file) {
  for (std::size_t comment = 0; comment <= longest_comment && comment + end_size <= bytes.size(); ++comment) {
    const std::size_t at = bytes.size() - end_size - comment;
    const Bytes record = bytes.subspan(at, end_size);
    if (field<std::uint32_t>(record, 0) == end_signature && field<std::uint16_t>(record, 20) == comment)
      return at;
  }
  fail(Fault::bad_model, "{}: a zip file without its directory at the end; it was cut short", file);
}

struct Directory {
  std::uint64_t entries = 0, size = 0, offset = 0;
};

Directory find_directory(Bytes bytes, const std::string& file) {
  const std::size_t at = find_end(bytes, file);
  const Bytes end = bytes.subspan(at, end_size);
  const Directory found{field<std::uint16_t>(end, 10), field<std::uint32_t>(end, 12),
                        field<std::uint32_t>(end, 16)};
  if (found.entries != 0xFFFF && found.size != in_zip64 && found.offset != in_zip64) return found;
  if (at < locator_size) broken(file);
  const Bytes locator = bytes.subspan(at - locator_size, locator_size);
  if (field<std::uint32_t>(locator, 0) != locator_signature) return found;  // it has just that many entries
  const Bytes end64 = part(bytes, field<std::uint64_t>(locator, 8), end64_size, file);
  if (field<std::uint32_t>(end64, 0) != end64_signature) broken(file);
  return {field<std::uint64_t>(end64, 32), field<std::uint64_t>(end64, 40), field<std::uint64_t>(end64, 48)};
}

/// The zip64 record among an entry's extra fields; empty if there is none.
Bytes find_zip64(Bytes extra, const std::string& file) {
  constexpr std::uint16_t zip64_id = 1;
  constexpr std::size_t head = 4;
  while (extra.size() >= head) {
    const Bytes body = part(extra, head, field<std::uint16_t>(extra, 2), file);
    if (field<std::uint16_t>(extra, 0) == zip64_id) return body;
    extra = extra.subspan(head + body.size());
  }
  return {};
}

/// An entry's sizes and place, out of the zip64 record where they do not fit into 32 bits.
struct Place {
  std::uint64_t size = 0, stored_size = 0, header = 0;
};

Place place_of(Bytes entry, Bytes extra, const std::string& file) {
  Place place{field<std::uint32_t>(entry, 24), field<std::uint32_t>(entry, 20),
              field<std::uint32_t>(entry, 42)};
  Bytes more = find_zip64(extra, file);
  for (std::uint64_t* const number : {&place.size, &place.stored_size, &place.header}) {
    if (*number != in_zip64) continue;
    *number = field<std::uint64_t>(part(more, 0, sizeof *number, file), 0);
    more = more.subspan(sizeof *number);
  }
  return place;
}

/// The data of an entry: behind its local header, whose name and extra fields have lengths of their own.
Bytes data_of(Bytes bytes, const Place& place, const std::string& file) {
  const Bytes local = part(bytes, place.header, local_size, file);
  if (field<std::uint32_t>(local, 0) != local_signature) broken(file);
  const std::uint64_t before =
      local_size + std::uint64_t{field<std::uint16_t>(local, 26)} + field<std::uint16_t>(local, 28);
  const Bytes rest = bytes.subspan(static_cast<std::size_t>(place.header));
  return part(rest, before, place.stored_size, file);
}

bool is_packed(Bytes entry) {
  const bool encrypted = (field<std::uint16_t>(entry, 8) & 1U) != 0;
  return encrypted || field<std::uint16_t>(entry, 10) != 0;  // its method of compression
}

}  // namespace

std::map<std::string_view, ZipEntry> zip_entries(Bytes bytes, const std::string& file) {
  const Directory directory = find_directory(bytes, file);
  if (directory.entries > most_entries)
    fail(Fault::bad_model, "{}: a zip file of more than {} entries", file, most_entries);
  Bytes left = part(bytes, directory.offset, directory.size, file);
  std::map<std::string_view, ZipEntry> entries;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Bytes entry = part(left, 0, entry_size, file);
    if (field<std::uint32_t>(entry, 0) != entry_signature) broken(file);
    const std::uint64_t name_size = field<std::uint16_t>(entry, 28),
                        extra_size = field<std::uint16_t>(entry, 30),
                        comment_size = field<std::uint16_t>(entry, 32);
    const std::string_view name = as_text(part(left, entry_size, name_size, file));
    checked_name(name, file, "the name of a zip entry");
    const Place place = place_of(entry, part(left, entry_size + name_size, extra_size, file), file);
    const bool packed = is_packed(entry);
    if (!packed && place.size != place.stored_size) broken(file);
    if (!entries.emplace(name, ZipEntry{data_of(bytes, place, file), packed}).second)
      fail(Fault::bad_model, "{}: two entries of the zip file are named {}", file, name);
    left = left.subspan(part(left, 0, entry_size + name_size + extra_size + comment_size, file).size());
  }
  return entries;
}

}  // namespace lp
