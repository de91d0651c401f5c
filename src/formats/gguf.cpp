#include "formats/gguf.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"
#include "formats/gguf_metadata.hpp"
#include "formats/gguf_types.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;

/// A tensor as the file lists it.
struct Entry {
  std::string name;  // as stored
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  // outermost axis first
  std::size_t bytes = 0;
  std::uint64_t offset = 0;  // in the data
};

Entry read_entry(ByteReader& in) {
  const std::string& file = in.file();
  Entry entry{.name = checked_name(read_gguf_string(in, "a tensor name"), file, "a tensor name"),
              .shape = {}};
  const auto rank = in.number<std::uint32_t>(entry.name);
  if (rank > gguf_most_axes) fail(Fault::bad_model, "{}: tensor {} has {} axes", file, entry.name, rank);
  for (std::uint32_t axis = 0; axis < rank; ++axis)
    entry.shape.push_back(in.number<std::int64_t>(entry.name));
  std::reverse(entry.shape.begin(), entry.shape.end());
  const auto type = in.number<std::uint32_t>(entry.name);
  const auto dtype = ggml_dtype(type);
  if (!dtype)
    fail(Fault::unsupported, "{}: tensor {} is {}; F32, F16, BF16, F64, I8, I16, I32 and I64 are read here",
         file, entry.name, ggml_type_name(type));
  entry.dtype = *dtype;
  const auto bytes = tensor_bytes(*dtype, entry.shape);
  if (!bytes) fail(Fault::bad_model, "{}: tensor {} has no valid shape", file, entry.name);
  entry.bytes = *bytes;
  entry.offset = in.number<std::uint64_t>(entry.name);
  return entry;
}

std::size_t alignment_of(const json& metadata, const std::string& file) {
  constexpr std::size_t by_default = 32, least = 8,
                        most = 65536;  // the first by docs/gguf.md, the others ours
  const auto key = metadata.find("general.alignment");
  if (key == metadata.end()) return by_default;
  const auto value = key->is_number_unsigned() ? key->get<std::uint64_t>() : 0;
  if (value < least || value > most || !std::has_single_bit(value))
    fail(Fault::bad_model, "{}: general.alignment is no power of two in {} .. {}", file, least, most);
  return static_cast<std::size_t>(value);
}

/// `lp.names` as a map from stored to true names.
std::map<std::string, std::string> true_names(const json& metadata, const std::string& file) {
  std::map<std::string, std::string> names;
  const auto list = metadata.find(gguf_names_key);
  if (list == metadata.end()) return names;
  const auto refuse = [&] {
    fail(Fault::bad_model, "{}: {} is no list of \"STORED TRUE\" names", file, gguf_names_key);
  };
  if (!list->is_array()) refuse();
  for (const json& item : *list) {
    if (!item.is_string()) refuse();
    const auto& text = item.get_ref<const std::string&>();
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos) refuse();
    std::string name = checked_name(std::string_view(text).substr(blank + 1), file, "a tensor name");
    if (gguf_stored_name(name) != text.substr(0, blank)) refuse();
    names[text.substr(0, blank)] = std::move(name);
  }
  return names;
}

/// The shape that `lp.shape.NAME` says, or the stored one.
std::vector<std::int64_t> true_shape(const Entry& entry, const json& metadata, const std::string& file) {
  const auto key = metadata.find(std::string(gguf_shape_prefix) + entry.name);
  if (key == metadata.end()) return entry.shape;
  std::vector<std::int64_t> shape;
  bool valid = key->is_array() && key->size() <= max_rank;
  for (std::size_t axis = 0; valid && axis < key->size(); ++axis) {
    valid = key->at(axis).is_number_integer();
    if (valid) shape.push_back(key->at(axis).get<std::int64_t>());
  }
  if (!valid || tensor_bytes(entry.dtype, shape) != entry.bytes)
    fail(Fault::bad_model, "{}: {}{} does not fit the tensor's {}", file, gguf_shape_prefix, entry.name,
         shape_text(entry.shape));
  return shape;
}

/// Puts the factors NAME#scale or NAME#smoothing to their tensor. @throws Error{bad_model} if they are not
/// f32, one for each index of the first axis of the I8 tensor NAME, or of the last of two.
void attach(Checkpoint& checkpoint, std::string_view suffix) {
  auto& tensors = checkpoint.tensors;
  const bool is_scale = suffix == gguf_scale_suffix;
  for (auto it = tensors.begin(); it != tensors.end();) {
    const auto& [name, factors] = *it;
    if (!name.ends_with(suffix)) {
      ++it;
      continue;
    }
    const auto of = tensors.find(std::string_view(name).substr(0, name.size() - suffix.size()));
    const bool fits =
        of != tensors.end() && of->second.dtype == DType::i8 && !of->second.shape.empty() &&
        (is_scale || of->second.shape.size() == 2) && factors.dtype == DType::f32 &&
        factors.shape.size() == 1 &&
        factors.shape.front() == (is_scale ? of->second.shape.front() : of->second.shape.back());
    if (!fits) fail(Fault::bad_model, "{}: {} does not fit an I8 tensor", checkpoint.file, name);
    (is_scale ? of->second.scales : of->second.smoothing) = factors.data;
    it = tensors.erase(it);
  }
}

/// Leaves the metadata without our own keys, whose meaning is now in names and shapes.
void drop_our_keys(json& metadata) {
  for (auto item = metadata.begin(); item != metadata.end();)
    item = item.key() == gguf_names_key || item.key().starts_with(gguf_shape_prefix) ? metadata.erase(item)
                                                                                     : std::next(item);
}

/// Magic and version. @throws Error{bad_model, unsupported}.
void check_version(ByteReader& in) {
  if (as_text(in.take(4, "the GGUF header")) != "GGUF")
    fail(Fault::bad_model, "{}: not a GGUF file", in.file());
  const auto version = in.number<std::uint32_t>("the GGUF header");
  if (version == 2 || version == 3) return;
  // A big-endian file is told by its version, as ggml does.
  if ((version & 0xFFFFU) == 0) fail(Fault::unsupported, "{}: big-endian GGUF is not read", in.file());
  fail(Fault::unsupported, "{}: GGUF version {}; versions 2 and 3 are read", in.file(), version);
}

}  // namespace

Checkpoint parse_gguf(std::span<const std::byte> bytes, std::string file,
                      std::shared_ptr<const void> storage) {
  ByteReader in(bytes, file);
  check_version(in);
  const auto tensors = in.number<std::uint64_t>("the GGUF header");
  const auto keys = in.number<std::uint64_t>("the GGUF header");
  Checkpoint checkpoint{.file = std::move(file), .tensors = {}, .storage = std::move(storage)};
  json& metadata = checkpoint.metadata = read_gguf_metadata(in, keys);

  constexpr std::size_t smallest_entry = 8 + 1 + 4 + 4 + 8;  // length, name, rank, type, offset
  if (tensors > in.left() / smallest_entry)
    fail(Fault::bad_model, "{}: {} tensors do not fit into the file", checkpoint.file, tensors);
  std::vector<Entry> entries;
  entries.reserve(tensors);
  for (std::uint64_t i = 0; i < tensors; ++i) entries.push_back(read_entry(in));

  const std::size_t alignment = alignment_of(metadata, checkpoint.file);
  const std::size_t padding = (alignment - in.position() % alignment) % alignment;
  in.take(std::min(padding, in.left()), "the data");  // a file without tensors may end before
  std::size_t unclaimed = in.left();
  const auto data = in.take(in.left(), "the data");
  const auto names = true_names(metadata, checkpoint.file);
  for (const Entry& entry : entries) {
    if (entry.offset % alignment != 0)
      fail(Fault::bad_model, "{}: tensor {} is not aligned to {} bytes", checkpoint.file, entry.name,
           alignment);
    if (entry.offset > data.size() || entry.bytes > data.size() - entry.offset)
      fail(Fault::bad_model,
           "{}: tensor {} takes bytes {} to {} of the data, which has {}; the file was cut short?",
           checkpoint.file, entry.name, entry.offset, entry.offset + entry.bytes, data.size());
    // What a loader of all tensors needs is bounded by the file, too.
    if (entry.bytes > unclaimed)
      fail(Fault::bad_model, "{}: tensor {} overlaps others", checkpoint.file, entry.name);
    unclaimed -= entry.bytes;
    const auto known = names.find(entry.name);
    add_tensor(checkpoint, known == names.end() ? entry.name : known->second,
               {entry.dtype, true_shape(entry, metadata, checkpoint.file),
                data.subspan(static_cast<std::size_t>(entry.offset), entry.bytes)});
  }
  attach(checkpoint, gguf_scale_suffix);
  attach(checkpoint, gguf_smoothing_suffix);
  drop_our_keys(metadata);
  return checkpoint;
}

Checkpoint read_gguf(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return parse_gguf(bytes, path.string(), std::move(file));
}

}  // namespace lp
