#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace lp {

/// SHA-256 of bytes that come in parts. Source: FIPS 180-4, sections 4.1.2, 5.1.1, 5.3.3 and 6.2.
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// The digest as 64 lower-case hex digits; ends the sum.
  std::string finish();

 private:
  void add_block(const std::byte* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> pending_{};
  std::size_t pending_size_ = 0;
  std::uint64_t size_bytes_ = 0;
};

std::string sha256(std::span<const std::byte> bytes);

/// Of a whole file. @throws Error{not_found, io}.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace lp
