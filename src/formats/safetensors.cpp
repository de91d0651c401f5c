#include "formats/safetensors.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace lp {
namespace {

using nlohmann::json;

constexpr std::uint64_t largest_header = 100'000'000;  // as the original: MAX_HEADER_SIZE

constexpr std::array<std::pair<std::string_view, DType>, 10> dtypes = {{{"F32", DType::f32},
                                                                        {"F16", DType::f16},
                                                                        {"BF16", DType::bf16},
                                                                        {"F64", DType::f64},
                                                                        {"I8", DType::i8},
                                                                        {"U8", DType::u8},
                                                                        {"I16", DType::i16},
                                                                        {"I32", DType::i32},
                                                                        {"I64", DType::i64},
                                                                        {"BOOL", DType::boolean}}};

/// The header as JSON. Its depth is bounded while it is parsed, and no tensor may come twice.
json parse_header(std::string_view text, const std::string& file) {
  std::set<std::string, std::less<>> names;
  std::size_t listed = 0;  // values of the current list
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    listed = event == json::parse_event_t::value ? listed + 1 : 0;
    if (depth > 2 && listed > max_rank) fail(Fault::bad_model, "{}: a list of the header is too long", file);
    if (event == json::parse_event_t::key && depth == 1) {
      const std::string name = checked_name(parsed.get_ref<const std::string&>(), file, "a tensor name");
      if (!names.insert(name).second) fail(Fault::bad_model, "{}: two tensors are named {}", file, name);
    }
    return true;
  };
  constexpr int levels = 3;  // the header, a tensor, its lists
  return parse_json(text, file + ": the safetensors header", levels, watch);
}

/// A list of whole numbers in 0 .. 2^63 - 1; nothing if it is anything else.
std::optional<std::vector<std::int64_t>> numbers(const json& entry, const char* key) {
  const auto list = entry.find(key);
  if (list == entry.end() || !list->is_array()) return {};
  std::vector<std::int64_t> found;
  for (const json& item : *list) {
    if (!item.is_number_unsigned()) return {};
    const auto value = item.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return {};
    found.push_back(static_cast<std::int64_t>(value));
  }
  return found;
}

DType find_dtype(const json& entry, const std::string& file, const std::string& name) {
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string())
    fail(Fault::bad_model, "{}: tensor {} has no dtype in the header", file, name);
  const auto& text = dtype->get_ref<const std::string&>();
  for (const auto& [known, type] : dtypes)
    if (known == text) return type;
  fail(Fault::unsupported, "{}: tensor {} has dtype {}, which this program does not read", file, name,
       checked_name(text, file, "a dtype"));
}

struct Range {
  std::size_t begin, end;
  std::string_view name;
};

/// @throws Error{bad_model} unless the ranges tile 0 .. size without hole or overlap.
void check_tiling(std::vector<Range>& ranges, std::size_t size, const std::string& file) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t position = 0;
  for (const Range& range : ranges) {
    if (range.begin != position)
      fail(Fault::bad_model, "{}: tensor {} starts at byte {} of the data, where {} was due", file,
           range.name, range.begin, position);
    position = range.end;
  }
  if (position != size)
    fail(Fault::bad_model, "{}: the tensors take {} bytes, but the file has {}", file, position, size);
}

}  // namespace

Checkpoint parse_safetensors(std::span<const std::byte> bytes, std::string file,
                             std::shared_ptr<const void> storage) {
  ByteReader in(bytes, file);
  const auto length = in.number<std::uint64_t>("the safetensors header");
  if (length > largest_header) fail(Fault::bad_model, "{}: a safetensors header of {} bytes", file, length);
  const json header = parse_header(as_text(in.take(length, "the safetensors header")), file);
  const auto data = in.take(in.left(), "the data");

  Checkpoint checkpoint{.file = std::move(file), .tensors = {}, .storage = std::move(storage)};
  std::vector<Range> ranges;
  for (const auto& [name, entry] : header.items()) {
    if (!entry.is_object()) fail(Fault::bad_model, "{}: header entry {} is no object", checkpoint.file, name);
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) {
        checked_name(key, checkpoint.file, "a metadata key");
        if (!value.is_string()) fail(Fault::bad_model, "{}: metadata {} is no string", checkpoint.file, key);
      }
      checkpoint.metadata = entry;
      continue;
    }
    const DType dtype = find_dtype(entry, checkpoint.file, name);
    const auto shape = numbers(entry, "shape"), offsets = numbers(entry, "data_offsets");
    const auto wanted = shape ? tensor_bytes(dtype, *shape) : std::nullopt;
    if (!wanted) fail(Fault::bad_model, "{}: tensor {} has no valid shape", checkpoint.file, name);
    if (!offsets || offsets->size() != 2 || offsets->at(0) > offsets->at(1))
      fail(Fault::bad_model, "{}: tensor {} has no valid data_offsets", checkpoint.file, name);
    const auto begin = static_cast<std::size_t>(offsets->at(0)),
               end = static_cast<std::size_t>(offsets->at(1));
    if (end > data.size())
      fail(Fault::bad_model,
           "{}: tensor {} ends at byte {} of the data, which has {}; the file was cut short?",
           checkpoint.file, name, end, data.size());
    if (end - begin != *wanted)
      fail(Fault::bad_model, "{}: tensor {} has {} bytes, but {} of {} takes {}", checkpoint.file, name,
           end - begin, shape_text(*shape), lp::name(dtype), *wanted);
    add_tensor(checkpoint, name, {dtype, *shape, data.subspan(begin, end - begin)});
    ranges.push_back({begin, end, checkpoint.tensors.find(name)->first});
  }
  check_tiling(ranges, data.size(), checkpoint.file);
  return checkpoint;
}

Checkpoint read_safetensors(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return parse_safetensors(bytes, path.string(), std::move(file));
}

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, StoredTensor, std::less<>>& tensors,
                       const json& metadata) {
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    check_complete(name, tensor);
    const auto known = std::find_if(dtypes.begin(), dtypes.end(),
                                    [&](const auto& row) { return row.second == tensor.dtype; });
    header[name] = {{"dtype", known->first},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.data.size()}}};
    offset += tensor.data.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the data start at a multiple of 8, as in the original

  FileWriter out(path);
  out.write(as_text(std::uint64_t{text.size()}));
  out.write(text);
  for (const auto& [name, tensor] : tensors) out.write(tensor.data);
  out.commit();
}

}  // namespace lp
