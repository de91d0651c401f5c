#include "formats/torch_tensors.hpp"

#include "base/error.hpp"
#include "formats/checks.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>

namespace lp::torch {
namespace {

using pickle::Ref;
using Sizes = std::vector<std::int64_t>;

constexpr std::string_view from_view = "torch._utils._rebuild_tensor_v2",
                           from_typed_view = "torch._utils._rebuild_tensor_v3",
                           from_tensor = "torch._utils._rebuild_parameter",
                           from_tensor_and_state = "torch._utils._rebuild_parameter_with_state",
                           from_call = "torch._tensor._rebuild_from_type_v2";

constexpr std::array<std::pair<std::string_view, DType>, 10> storage_types = {
    {{"torch.FloatStorage", DType::f32},
     {"torch.HalfStorage", DType::f16},
     {"torch.BFloat16Storage", DType::bf16},
     {"torch.DoubleStorage", DType::f64},
     {"torch.CharStorage", DType::i8},
     {"torch.ByteStorage", DType::u8},
     {"torch.ShortStorage", DType::i16},
     {"torch.IntStorage", DType::i32},
     {"torch.LongStorage", DType::i64},
     {"torch.BoolStorage", DType::boolean}}};

/// The elements from the first to the last that a view reads; nothing if there are more than `most`, or if
/// two of its elements may be the same one.
std::optional<std::int64_t> extent(const Sizes& sizes, const Sizes& strides, std::int64_t most) {
  std::vector<std::size_t> inner_first(sizes.size());
  std::iota(inner_first.begin(), inner_first.end(), std::size_t{0});
  std::sort(inner_first.begin(), inner_first.end(),
            [&](std::size_t a, std::size_t b) { return strides[a] < strides[b]; });
  std::int64_t reach = 1;
  for (const std::size_t axis : inner_first) {
    if (sizes[axis] == 1) continue;
    if (strides[axis] < reach) return {};
    if (strides[axis] > most / (sizes[axis] - 1)) return {};
    reach += (sizes[axis] - 1) * strides[axis];
    if (reach > most) return {};
  }
  return reach;
}

bool stands_in_order(const Sizes& sizes, const Sizes& strides) {
  std::int64_t wanted = 1;
  for (std::size_t axis = sizes.size(); axis-- > 0;) {
    if (sizes[axis] != 1 && strides[axis] != wanted) return false;
    wanted *= sizes[axis];
  }
  return true;
}

/// The elements of a view, row by row.
std::vector<std::byte> gather(std::span<const std::byte> data, const Sizes& sizes, const Sizes& strides,
                              std::size_t element, std::size_t bytes) {
  std::vector<std::byte> made(bytes);
  Sizes index(sizes.size(), 0);
  std::int64_t from = 0;
  for (std::size_t to = 0; to < bytes; to += element) {
    std::memcpy(&made[to], &data[static_cast<std::size_t>(from) * element], element);
    for (std::size_t axis = sizes.size(); axis-- > 0;) {
      if (sizes[axis] == 1) continue;  // its stride means nothing and may be any number
      from += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      from -= sizes[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return made;
}

}  // namespace

bool makes_tensors(std::string_view callable) {
  constexpr std::array all = {from_view, from_typed_view, from_tensor, from_tensor_and_state, from_call};
  return std::find(all.begin(), all.end(), callable) != all.end();
}

Tensors::Tensors(const pickle::Tree& tree,
                 const std::map<std::string_view, std::span<const std::byte>>& storages, std::string file,
                 std::size_t most_copied)
    : tree_(tree), storages_(storages), file_(std::move(file)), left_to_copy_(most_copied) {}

Tensors::Call Tensors::call_of(Ref ref) const {
  constexpr int deepest = 4;  // a parameter of a tensor with attributes: three
  for (int depth = 0; depth < deepest; ++depth) {
    const std::string_view name = tree_.called(ref);
    if (!makes_tensors(name)) return {};
    const auto arguments = tree_.items(tree_.record(ref)->arguments);
    if (name == from_view || name == from_typed_view) return {name, arguments};
    if (name == from_call && arguments.size() > 2 && tree_.global(arguments[0]) == from_view)
      return {from_view, tree_.items(arguments[2])};  // function, class, arguments, attributes
    if (arguments.empty()) return {};
    ref = arguments.front();
  }
  return {};
}

bool Tensors::is_tensor(Ref ref) const {
  return !call_of(ref).name.empty();
}

Sizes Tensors::numbers(Ref ref, const std::string& name) const {
  if (tree_.called(ref) == "torch.Size") {
    const auto arguments = tree_.items(tree_.record(ref)->arguments);
    if (arguments.size() == 1) ref = arguments.front();
  }
  Sizes found;
  const auto items = tree_.items(ref);
  if (items.size() > max_rank)
    fail(Fault::bad_model, "{}: tensor {} has more than {} axes", file_, name, max_rank);
  for (const Ref item : items) {
    const auto number = tree_.integer(item);
    if (!number || *number < 0) fail(Fault::bad_model, "{}: tensor {} has no valid shape", file_, name);
    found.push_back(*number);
  }
  return found;
}

std::pair<DType, std::span<const std::byte>> Tensors::storage_of(Ref ref, const std::string& name) const {
  const auto id = tree_.persistent(ref);
  // ("storage", type, key, device, number of elements)
  const auto parts = id ? tree_.items(*id) : std::span<const Ref>();
  if (parts.size() < 5 || tree_.text(parts[0]) != "storage")
    fail(Fault::bad_model, "{}: tensor {} has no storage", file_, name);
  const std::string_view type_name = tree_.global(parts[1]).value_or("");
  const auto type = std::find_if(storage_types.begin(), storage_types.end(),
                                 [&](const auto& row) { return row.first == type_name; });
  if (type == storage_types.end())
    fail(Fault::unsupported, "{}: tensor {} lies in a {}, which this program does not read", file_, name,
         checked_name(type_name, file_, "a storage's type"));
  const auto entry = storages_.find(tree_.text(parts[2]).value_or(""));
  const std::int64_t count = tree_.integer(parts[4]).value_or(-1);
  if (entry == storages_.end() || count < 0)
    fail(Fault::bad_model, "{}: the storage of tensor {} is not in the file", file_, name);
  const std::size_t element = size_bytes(type->second);
  if (static_cast<std::uint64_t>(count) > entry->second.size() / element)
    fail(Fault::bad_model, "{}: the storage of tensor {} has {} bytes, too few for {} elements of {}", file_,
         name, entry->second.size(), count, lp::name(type->second));
  return {type->second, entry->second.first(static_cast<std::size_t>(count) * element)};
}

std::span<const std::byte> Tensors::in_order(const View& view, DType type, std::size_t bytes) {
  const auto [place, added] = copied_.try_emplace({view.data.data(), type, view.sizes, view.strides});
  if (!added) return place->second;
  if (bytes > left_to_copy_)
    fail(Fault::bad_model, "{}: its tensors read the same elements over and over; save contiguous ones",
         file_);
  left_to_copy_ -= bytes;
  return place->second =
             copies.emplace_back(gather(view.data, view.sizes, view.strides, size_bytes(type), bytes));
}

StoredTensor Tensors::load(Ref ref, const std::string& name) {
  const auto [call, arguments] = call_of(ref);
  const std::size_t least = call == from_typed_view ? 7 : 4;
  if (arguments.size() < least) fail(Fault::bad_model, "{}: tensor {} is not described in full", file_, name);
  if (call == from_typed_view)  // only for types that are younger than storages with a type: FP8, u16, ...
    fail(Fault::unsupported, "{}: tensor {} has dtype {}, which this program does not read", file_, name,
         checked_name(tree_.global(arguments[6]).value_or(""), file_, "a dtype"));
  const auto [type, storage] = storage_of(arguments[0], name);
  View view{numbers(arguments[2], name), numbers(arguments[3], name), {}};
  const auto bytes = tensor_bytes(type, view.sizes);
  if (!bytes || view.sizes.size() != view.strides.size())
    fail(Fault::bad_model, "{}: tensor {} has no valid shape", file_, name);
  StoredTensor stored{type, view.sizes, {}};
  if (*bytes == 0) return stored;

  const std::size_t element = size_bytes(type);
  const auto count = static_cast<std::int64_t>(storage.size() / element);
  const std::int64_t offset = tree_.integer(arguments[1]).value_or(-1);
  if (offset < 0 || offset >= count || !extent(view.sizes, view.strides, count - offset))
    fail(
        Fault::bad_model,
        "{}: tensor {}, {} with strides {} from element {} on, does not fit into its storage of {} elements, "
        "or its elements overlap; save a contiguous copy",
        file_, name, shape_text(view.sizes), shape_text(view.strides), offset, count);
  view.data = storage.subspan(static_cast<std::size_t>(offset) * element);
  stored.data =
      stands_in_order(view.sizes, view.strides) ? view.data.first(*bytes) : in_order(view, type, *bytes);
  return stored;
}

}  // namespace lp::torch
