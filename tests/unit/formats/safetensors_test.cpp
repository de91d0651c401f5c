#include "formats/safetensors.hpp"

#include "files.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lp::test {
namespace {

const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
const std::vector<std::int64_t> longs = {-1, 7};
const std::vector<std::uint8_t> flags = {1, 0, 1};
const std::map<std::string, StoredTensor, std::less<>> tensors = {
    {"fc.weight", tensor(DType::f32, {2, 3}, floats)},
    {"half", tensor(DType::f16, {12}, floats)},
    {"mask", tensor(DType::boolean, {3}, flags)},
    {"none", {DType::f32, {0, 4}, {}}},
    {"positions", tensor(DType::i64, {2}, longs)},
    {"scalar", {DType::f64, {}, std::as_bytes(std::span(longs)).first(8)}},
};

/// A file with this header and `size` bytes of data.
Bytes with_header(const std::string& header, std::size_t size) {
  const std::uint64_t length = header.size();
  return to_bytes(std::string(reinterpret_cast<const char*>(&length), sizeof length) + header +
                  std::string(size, '\1'));
}

std::string refused(const std::string& header, std::size_t size) {
  const Bytes bytes = with_header(header, size);
  return refusal([&] { parse_safetensors(bytes, "file", nullptr); });
}

TEST_CASE("safetensors: what was written is read back, and the bytes are the same each time") {
  const TemporaryFolder folder;
  const nlohmann::json metadata = {{"format", "pt"}, {"note", "gr\u00fc\u00df"}};
  write_safetensors(folder / "a.safetensors", tensors, metadata);
  write_safetensors(folder / "b.safetensors", tensors, metadata);
  const Checkpoint read = open_checkpoint(folder / "a.safetensors");
  check_same(read, tensors);
  CHECK(read.metadata == metadata);
  CHECK(file_bytes(folder / "a.safetensors") == file_bytes(folder / "b.safetensors"));
}

TEST_CASE("safetensors: a file with no tensors") {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", {});
  const Checkpoint read = read_safetensors(folder / "a.safetensors");
  CHECK(read.tensors.empty());
  CHECK(read.metadata == nlohmann::json::object());
}

TEST_CASE("safetensors: a good header written by hand") {
  const Bytes bytes = with_header(R"({"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}})", 4);
  CHECK(parse_safetensors(bytes, "file", nullptr).tensors.at("a").shape == std::vector<std::int64_t>{2, 2});
}

TEST_CASE("safetensors: broken files are refused with a sentence") {
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4) ==
        "file: tensor a has 4 bytes, but [2] of f32 takes 8");
  CHECK(refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 2) ==
        "file: tensor a ends at byte 4 of the data, which has 2; the file was cut short?");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}})", 2) ==
        "file: tensor a starts at byte 1 of the data, where 0 was due");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},)"
                R"("b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}})",
                3) == "file: tensor b starts at byte 1 of the data, where 2 was due");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 2) ==
        "file: the tensors take 1 bytes, but the file has 2");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},)"
                R"("a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}})",
                2) == "file: two tensors are named a");
  const std::string overflow = R"({"a":{"dtype":"I8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})";
  CHECK(refused(overflow, 0) == "file: tensor a has no valid shape");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,0]}})", 0) ==
        "file: tensor a has no valid shape");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1.5],"data_offsets":[0,1]}})", 1) ==
        "file: tensor a has no valid shape");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1],"data_offsets":[1,0]}})", 1) ==
        "file: tensor a has no valid data_offsets");
  CHECK(refused(R"({"a":{"dtype":"I8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1) ==
        "file: a list of the header is too long");
  CHECK(refused(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1) ==
        "file: tensor a has dtype F8_E4M3, which this program does not read");
  CHECK(refused(R"({"a":1})", 0) == "file: header entry a is no object");
  CHECK(refused(R"({"__metadata__":{"k":1}})", 0) == "file: metadata k is no string");
  CHECK(refused(std::string(1000, '['), 0) == "file: the safetensors header: nested more than 3 levels deep");
  CHECK(refused("{\"a\\nb\":1}", 0) == "file: a tensor name has control characters");
  CHECK(refused("[]", 0) == "file: the safetensors header: not a JSON object");
  CHECK(refused("{", 0) == "file: the safetensors header: not a JSON object");
}

TEST_CASE("safetensors: cut short or changed, a file is read or refused, never more") {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", tensors, {{"format", "pt"}});
  check_hostile(file_bytes(folder / "a.safetensors"), 20'000,
                [](const Bytes& bytes) { touch(parse_safetensors(bytes, "file", nullptr)); });
}

}  // namespace
}  // namespace lp::test
