#include "base/git_blob.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace lp {
namespace {

constexpr std::size_t block_size = 64;
using State = std::array<std::uint32_t, 5>;

/// FIPS 180-4, section 6.1.2; functions and constants of a round by sections 4.1.1 and 4.2.1.
void add_block(State& state, const std::byte* block) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t t = 0; t < 64; ++t)
    w[t / 4] = w[t / 4] << 8 | std::to_integer<std::uint32_t>(block[t]);  // big-endian
  for (std::size_t t = 16; t < w.size(); ++t)
    w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  auto [a, b, c, d, e] = state;
  for (std::size_t t = 0; t < w.size(); ++t) {
    const std::uint32_t choice = t < 20   ? ((b & c) ^ (~b & d)) + 0x5a827999
                                 : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                                 : t < 60 ? ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc
                                          : (b ^ c ^ d) + 0xca62c1d6;
    const std::uint32_t next = std::rotl(a, 5) + choice + e + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const State sums = {a, b, c, d, e};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += sums[i];
}

}  // namespace

std::string git_blob(std::span<const std::byte> bytes) {
  const std::string head = fmt::format("blob {}", bytes.size()) + '\0';
  const std::span<const std::byte> start = std::as_bytes(std::span(head));
  // The first block has the head in it, the last ones the padding: those are put together, the rest lies
  // whole.
  std::vector<std::byte> part(start.begin(), start.end());
  const std::size_t taken = std::min(bytes.size(), block_size - part.size());
  part.insert(part.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::span<const std::byte> rest = bytes.subspan(taken);
  if (part.size() == block_size) {
    add_block(state, part.data());
    part.clear();
    for (; rest.size() >= block_size; rest = rest.subspan(block_size)) add_block(state, rest.data());
    part.assign(rest.begin(), rest.end());
  }
  part.push_back(std::byte{0x80});
  while (part.size() % block_size != 56) part.push_back(std::byte{0});
  const std::uint64_t bits = (head.size() + bytes.size()) * 8;
  for (int shift = 56; shift >= 0; shift -= 8) part.push_back(static_cast<std::byte>(bits >> shift));
  for (std::size_t at = 0; at < part.size(); at += block_size) add_block(state, part.data() + at);
  std::string digest;
  for (const std::uint32_t word : state) digest += fmt::format("{:08x}", word);
  return digest;
}

}  // namespace lp
