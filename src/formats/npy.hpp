#pragma once
#include "base/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// An array that owns its elements: row-major, little-endian.
struct Array {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};

/// Reads a .npy file of version 1, 2 or 3: f16, f32, f64, i8, i16, i32, i64, u8 or bool, in C order.
/// Source: numpy.lib.format (NumPy 2.0).
/// @throws Error{not_found, io}; Error{bad_input} if it is broken or of another type or order.
Array read_npy(const std::filesystem::path& path);

/// The same for bytes in memory, called `file` in messages.
Array parse_npy(std::span<const std::byte> bytes, const std::string& file);

/// Writes a .npy file (version 1). @throws Error{io}; Error{unsupported} for bf16, which NumPy lacks.
void write_npy(const std::filesystem::path& path, DType dtype, std::span<const std::int64_t> shape,
               std::span<const std::byte> data);

}  // namespace lp
