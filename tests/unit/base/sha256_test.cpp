#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {
namespace {

std::string of(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

}  // namespace

// Source: NIST, examples for SHA-256 of FIPS 180-4, and CAVP SHA256ShortMsg.
TEST_CASE("sha256: the standard's examples") {
  CHECK(of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(of(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: the cuts between parts do not matter, whatever the length") {
  std::string text;
  for (int size = 0; size < 200; ++size, text += static_cast<char>(size * 7)) {
    Sha256 sum;
    const auto bytes = std::as_bytes(std::span(text));
    for (std::size_t at = 0; at < bytes.size(); at += 13)
      sum.add(bytes.subspan(at, std::min<std::size_t>(13, bytes.size() - at)));
    CHECK(sum.finish() == of(text));
  }
}

}  // namespace lp
