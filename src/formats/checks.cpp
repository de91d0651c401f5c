#include "formats/checks.hpp"

#include "base/error.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace lp {

std::optional<std::size_t> tensor_bytes(DType type, std::span<const std::int64_t> shape) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (shape.size() > max_rank) return {};
  auto bytes = static_cast<std::int64_t>(size_bytes(type));
  bool empty = false;
  for (const std::int64_t axis : shape) {
    if (axis < 0 || bytes > most / std::max<std::int64_t>(axis, 1)) return {};
    empty = empty || axis == 0;
    bytes *= std::max<std::int64_t>(axis, 1);
  }
  return empty ? 0 : static_cast<std::size_t>(bytes);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) -> unsigned {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0;
    };
    const unsigned lead = at(0);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4)) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((at(k) & 0xC0U) != 0x80) return false;
    // Overlong forms, surrogates and what lies beyond U+10FFFF.
    if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F)) return false;
    if ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) return false;
    i += length;
  }
  return true;
}

std::string checked_text(std::string_view text, const std::string& file, std::string_view what) {
  if (!is_utf8(text)) fail(Fault::bad_model, "{}: {} is not UTF-8 text", file, what);
  return std::string(text);
}

std::string checked_name(std::string_view name, const std::string& file, std::string_view what) {
  constexpr std::size_t longest = 4096;
  if (name.empty()) fail(Fault::bad_model, "{}: {} is empty", file, what);
  if (name.size() > longest)
    fail(Fault::bad_model, "{}: {} has {} bytes; at most {} are read", file, what, name.size(), longest);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), is_control))
    fail(Fault::bad_model, "{}: {} has control characters", file, what);
  return checked_text(name, file, what);
}

void add_tensor(Checkpoint& to, std::string name, StoredTensor tensor) {
  const auto [place, added] = to.tensors.try_emplace(std::move(name), std::move(tensor));
  if (!added) fail(Fault::bad_model, "{}: two tensors are named {}", to.file, place->first);
}

void check_complete(std::string_view name, const StoredTensor& tensor) {
  const auto bytes = tensor_bytes(tensor.dtype, tensor.shape);
  if (bytes != tensor.data.size())
    fail(Fault::internal, "{}: {} bytes for {} of {}", name, tensor.data.size(), shape_text(tensor.shape),
         lp::name(tensor.dtype));
}

}  // namespace lp
