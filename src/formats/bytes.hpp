#pragma once
#include "base/error.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace lp {

static_assert(std::endian::native == std::endian::little,
              "weight files are little-endian and mapped as they are");

/// Walks over little-endian bytes and never past their end. Borrows the bytes. `what` names the thing that is
/// read.
/// @throws Error{bad_model} "FILE: ends inside WHAT, at byte N" where too few are left.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  /// The next `count` bytes.
  std::span<const std::byte> take(std::uint64_t count, std::string_view what) {
    if (count > left()) fail(Fault::bad_model, "{}: ends inside {}, at byte {}", file_, what, bytes_.size());
    const auto taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += taken.size();
    return taken;
  }

  /// The next sizeof(T) bytes as a number.
  template <class T>
    requires std::is_arithmetic_v<T>
  T number(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  const std::string& file() const { return file_; }

 private:
  std::span<const std::byte> bytes_;
  std::string file_;
  std::size_t position_ = 0;
};

/// The bytes as characters, without a copy.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The bytes of one number, for writers.
template <class T>
  requires std::is_arithmetic_v<T>
std::string_view as_text(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

}  // namespace lp
