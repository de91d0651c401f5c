#pragma once
#include "base/dtype.hpp"
#include "formats/checkpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lp {

/// The most axes that a tensor of a file may have.
inline constexpr std::size_t max_rank = 8;

/// Bytes of a tensor; nothing if an axis is negative, there are more than `max_rank` of them, or the product
/// of the axes (zeros taken as one, so that strides are safe too) does not fit into 63 bits.
std::optional<std::size_t> tensor_bytes(DType type, std::span<const std::int64_t> shape);

/// "[16, 3, 3, 3]"
std::string shape_text(std::span<const std::int64_t> shape);

/// Is `text` well-formed UTF-8?  Source: The Unicode Standard 15.0, table 3-7.
bool is_utf8(std::string_view text);

/// A string of the file that becomes metadata. @throws Error{bad_model} if it is not UTF-8; `what` names it.
std::string checked_text(std::string_view text, const std::string& file, std::string_view what);

/// A tensor name or a key: 1 to 4096 bytes of UTF-8 without control characters, so that it can stand in any
/// message.
/// @throws Error{bad_model}; `what` says the kind of name.
std::string checked_name(std::string_view name, const std::string& file, std::string_view what);

/// Adds a tensor to a checkpoint. @throws Error{bad_model} if the name is taken.
void add_tensor(Checkpoint& to, std::string name, StoredTensor tensor);

/// @throws Error{internal} if a tensor that is about to be written does not have the bytes that its shape
/// asks for.
void check_complete(std::string_view name, const StoredTensor& tensor);

}  // namespace lp
