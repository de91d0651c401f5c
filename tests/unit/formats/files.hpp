#pragma once
#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/checkpoint.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

/// What the tests of file formats share: a folder of their own, bytes, and hostile variants of a good file.
namespace lp::test {

using Bytes = std::vector<std::byte>;

/// A new folder below the system's temporary one, removed with everything in it when this object goes.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lp-formats-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const char* name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Bytes to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline Bytes file_bytes(const std::filesystem::path& path) {
  return to_bytes(read_text(path));
}

inline void put_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A tensor over `values`, which must stay alive.
template <class T>
StoredTensor tensor(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  return {dtype, std::move(shape), std::as_bytes(std::span(values))};
}

inline void check_same(const Checkpoint& read,
                       const std::map<std::string, StoredTensor, std::less<>>& tensors) {
  CHECK(read.tensors.size() == tensors.size());
  for (const auto& [name, wanted] : tensors) {
    CAPTURE(name);
    REQUIRE(read.tensors.contains(name));
    const StoredTensor& found = read.tensors.find(name)->second;
    CHECK(found.dtype == wanted.dtype);
    CHECK(found.shape == wanted.shape);
    CHECK(std::ranges::equal(found.data, wanted.data));
    CHECK(std::ranges::equal(found.scales, wanted.scales));
    CHECK(std::ranges::equal(found.smoothing, wanted.smoothing));
  }
}

/// The sentence with which `parse` refuses; "" if it does not.
template <class Parse>
std::string refusal(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Does `parse` read these bytes, or refuse them with a sentence? Anything else ends the test. What it read
/// is touched, so that the address sanitizer sees a span beyond the bytes.
template <class Parse>
bool survives(const Bytes& bytes, const Parse& parse) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    return std::string_view(error.what()).starts_with("file");
  }
  return true;
}

/// All prefixes of a good file, and `count` variants with 1 to 4 bytes changed, each in memory of exactly its
/// size.
template <class Parse>
void check_hostile(const Bytes& good, int count, const Parse& parse) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Bytes prefix(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    if (!survives(prefix, parse)) FAIL("a prefix of " << size << " bytes");
  }
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same variants each time
  for (int i = 0; i < count; ++i) {
    Bytes variant = good;
    for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
      std::byte& byte = variant[random() % variant.size()];
      byte = random() % 2 == 0 ? byte ^ std::byte(1U << random() % 8) : std::byte(random() % 256);
    }
    if (!survives(variant, parse)) FAIL("variant " << i);
  }
}

/// The sum of all bytes of all tensors.
inline unsigned touch(const Checkpoint& checkpoint) {
  unsigned sum = 0;
  for (const auto& [name, stored] : checkpoint.tensors)
    for (const std::byte byte : stored.data) sum += std::to_integer<unsigned>(byte);
  return sum + static_cast<unsigned>(checkpoint.metadata.dump().size());
}

}  // namespace lp::test
