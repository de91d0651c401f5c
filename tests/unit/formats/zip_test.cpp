#include "formats/zip.hpp"

#include "files.hpp"
#include "formats/bytes.hpp"
#include "torch_bytes.hpp"

#include <doctest/doctest.h>

namespace lp::test {
namespace {

const std::vector<Entry> two = {{"a/one", "1"}, {"a/two", "22"}};

std::string refused(const std::string& text) {
  const Bytes bytes = to_bytes(text);
  return refusal([&] { zip_entries(bytes, "file"); });
}

/// `text` with the number at `at` replaced.
template <class T>
std::string with(std::string text, std::size_t at, T value) {
  return text.replace(at, sizeof value, little(value));
}

TEST_CASE("zip: entries are views of the file, with and without zip64, and a comment") {
  for (const std::string& text : {zipped(two), zipped(two, Zip64::yes),
                                  with(zipped(two), zipped(two).size() - 2, std::uint16_t{7}) + "comment"}) {
    const Bytes bytes = to_bytes(text);
    const auto entries = zip_entries(bytes, "file");
    REQUIRE(entries.size() == 2);
    CHECK(as_text(entries.at("a/one").data) == "1");
    CHECK(as_text(entries.at("a/two").data) == "22");
    CHECK(entries.at("a/two").data.data() == bytes.data() + text.find("22"));
  }
}

TEST_CASE("zip: compressed and encrypted entries are told apart") {
  const Bytes bytes = to_bytes(zipped({{"stored", "1"}, {"deflated", "2", 0, 8}, {"locked", "3", 1, 0}}));
  const auto entries = zip_entries(bytes, "file");
  CHECK_FALSE(entries.at("stored").packed);
  CHECK(entries.at("deflated").packed);
  CHECK(entries.at("locked").packed);
}

TEST_CASE("zip: broken ones are refused with a sentence") {
  const std::string good = zipped(two);
  const std::string broken = "file: a broken zip file; it was cut short or changed";
  const std::size_t directory = good.find("PK\x01\x02"), end = good.find("PK\x05\x06");
  CHECK(refused(good.substr(0, end)) ==
        "file: a zip file without its directory at the end; it was cut short");
  CHECK(refused(with(good, end + 16, std::uint32_t{0xFFFFFFF0})) == broken);  // where the directory begins
  CHECK(refused(with(good, end + 12, std::uint32_t{50})) == broken);          // its size
  CHECK(refused(with(good, end + 10, std::uint16_t{3})) == broken);           // its entries
  CHECK(refused(with(good, end + 10, std::uint16_t{0xFFFF})) == broken);
  CHECK(refused(with(good, directory, std::uint32_t{0})) == broken);
  CHECK(refused(with(good, directory + 24, std::uint32_t{2})) == broken);  // one size of two
  CHECK(refused(with(with(good, directory + 20, std::uint32_t{0x7FFFFFFF}), directory + 24,
                     std::uint32_t{0x7FFFFFFF})) == broken);
  CHECK(refused(with(good, directory + 28, std::uint16_t{0xFFFF})) == broken);      // of the name
  CHECK(refused(with(good, directory + 42, std::uint32_t{1})) == broken);           // no local header there
  CHECK(refused(with(good, directory + 42, std::uint32_t{0xFFFFFFFF})) == broken);  // and no zip64 record
  CHECK(refused(zipped({{"a/x", "1"}, {"a/x", "2"}})) == "file: two entries of the zip file are named a/x");
  CHECK(refused(zipped({{"a\nx", "1"}})) == "file: the name of a zip entry has control characters");
  const std::string large = zipped(two, Zip64::yes);
  const std::size_t end64 = large.find("PK\x06\x06"), locator = large.find("PK\x06\x07");
  CHECK(refused(with(large, end64 + 32, std::uint64_t{1} << 60U)) ==
        "file: a zip file of more than 1048576 entries");
  CHECK(refused(with(large, end64 + 48, std::uint64_t{1} << 63U)) == broken);
  CHECK(refused(with(large, end64, std::uint32_t{0})) == broken);
  CHECK(refused(with(large, locator + 8, std::uint64_t{1} << 63U)) == broken);
}

TEST_CASE("zip: cut short or changed, one is read or refused, never more") {
  for (const Zip64 zip64 : {Zip64::no, Zip64::yes})
    check_hostile(to_bytes(zipped(two, zip64)), 20'000, [](const Bytes& bytes) {
      unsigned sum = 0;
      for (const auto& [name, entry] : zip_entries(bytes, "file"))
        for (const std::byte byte : entry.data) sum += std::to_integer<unsigned>(byte);
      return sum;
    });
}

}  // namespace
}  // namespace lp::test
