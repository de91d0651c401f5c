#include "formats/gguf.hpp"

#include "files.hpp"
#include "formats/gguf_types.hpp"
#include "formats/gguf_writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lp::test {
namespace {

using nlohmann::json;

const std::vector<float> floats = {1, 2, 3, 4, 5, 6, 7, 8};
const std::vector<std::int8_t> bytes8 = {1, -2, 3, -4, 5, -6};
const std::string long_name = "detr.model.backbone.conv_encoder.model.layer4.2.downsample.0.weight";
const std::map<std::string, StoredTensor, std::less<>> tensors = {
    {"#odd", tensor(DType::f32, {8}, floats)},
    {long_name, tensor(DType::f32, {2, 4}, floats)},
    {"fc.weight",
     {DType::i8, {2, 3}, std::as_bytes(std::span(bytes8)), std::as_bytes(std::span(floats)).subspan(4, 8)}},
    {"smooth.weight",
     {DType::i8,
      {2, 3},
      std::as_bytes(std::span(bytes8)),
      std::as_bytes(std::span(floats)).subspan(4, 8),
      std::as_bytes(std::span(floats)).subspan(8, 12)}},
    {"five", tensor(DType::f32, {1, 2, 1, 2, 2}, floats)},
    {"half", tensor(DType::bf16, {4, 1, 2, 2}, floats)},
    {"scalar", {DType::f64, {}, std::as_bytes(std::span(floats)).first(8)}},
};
const json metadata = {{"general.architecture", "yolov8"},
                       {"labels", {"cat", "d\u00f6g"}},
                       {"empty", json::array()},
                       {"mean", {0.5, 0.25, 1}},
                       {"sizes", {-1, 320}},
                       {"flag", true},
                       {"big", 18446744073709551615U},
                       {"general.file_type", 1}};

/// Builds GGUF files by hand.
struct Builder {
  std::string text = "GGUF";
  template <class T>
  Builder& number(T value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Builder& string(std::string_view value) {
    number<std::uint64_t>(value.size());
    text += value;
    return *this;
  }
  Builder& header(std::uint64_t tensor_count, std::uint64_t keys, std::uint32_t version = 3) {
    return number(version).number(tensor_count).number(keys);
  }
  Builder& entry(std::string_view name, const std::vector<std::int64_t>& ne, std::uint32_t type,
                 std::uint64_t offset) {
    string(name).number(static_cast<std::uint32_t>(ne.size()));
    for (const std::int64_t axis : ne) number(axis);
    return number(type).number(offset);
  }
  Builder& key(std::string_view name, GgufValue type) {
    return string(name).number(static_cast<std::uint32_t>(type));
  }
  Builder& data(std::size_t size, std::size_t alignment = 32) {
    text.append((alignment - text.size() % alignment) % alignment + size, '\1');
    return *this;
  }
  Checkpoint parse() const {
    auto bytes = std::make_shared<const Bytes>(to_bytes(text));
    return parse_gguf(*bytes, "file", bytes);
  }
  std::string refused() const {
    return refusal([&] { parse(); });
  }
};

TEST_CASE("gguf: what was written is read back: long names, ranks 0 and 5, scales, typed keys") {
  const TemporaryFolder folder;
  write_gguf(folder / "a.gguf", metadata, tensors);
  const Checkpoint read = open_checkpoint(folder / "a.gguf");
  check_same(read, tensors);
  json wanted = metadata;
  wanted["general.alignment"] = 64;
  CHECK(read.metadata == wanted);
  CHECK(read.metadata["general.file_type"].is_number_unsigned());
  for (const auto& [name, stored] : read.tensors)
    CHECK(reinterpret_cast<std::uintptr_t>(stored.data.data()) % 64 == 0);  // the map starts at a page
}

TEST_CASE("gguf: the bytes are the same each time, also when a read file is written again") {
  const TemporaryFolder folder;
  write_gguf(folder / "a.gguf", metadata, tensors);
  const Checkpoint read = read_gguf(folder / "a.gguf");
  write_gguf(folder / "b.gguf", read.metadata, read.tensors);
  CHECK(file_bytes(folder / "a.gguf") == file_bytes(folder / "b.gguf"));
}

TEST_CASE("gguf: names over 63 bytes become a hash, and stand in lp.names") {
  CHECK(gguf_stored_name(std::string(63, 'a')) == std::string(63, 'a'));
  // FNV-1a 64 of "a" is af63dc4c8601ec8c (test vectors of the FNV page); here of 64 times "a".
  CHECK(gguf_stored_name(std::string(64, 'a')).size() == 17);
  CHECK(gguf_stored_name("#").starts_with("#af63"));
  const TemporaryFolder folder;
  write_gguf(folder / "a.gguf", json::object(), tensors);
  const std::string text = read_text(folder / "a.gguf");
  CHECK(text.find("lp.names") != std::string::npos);
  CHECK(text.find(gguf_stored_name(long_name) + " " + long_name) != std::string::npos);
  CHECK(text.find("lp.shape.scalar") != std::string::npos);
}

TEST_CASE("gguf: what it cannot hold is refused") {
  const TemporaryFolder folder;
  const auto refused = [&](const json& keys, DType dtype) {
    const std::vector<std::uint8_t> one = {1};
    return refusal([&] { write_gguf(folder / "a.gguf", keys, {{"x", tensor(dtype, {1}, one)}}); });
  };
  CHECK(refused(json::object(), DType::u8).ends_with("a.gguf: GGUF cannot hold x of u8"));
  CHECK(refused({{"k", nullptr}}, DType::i8) == "metadata k: GGUF cannot hold a null here");
  CHECK(refused({{"k", {{"a", 1}}}}, DType::i8) == "metadata k: GGUF cannot hold an object here");
  CHECK(refused({{"k", {1, "a"}}}, DType::i8) == "metadata k: a GGUF array holds values of one type");
  CHECK(refused({{"k", {{1, 2}}}}, DType::i8) == "metadata k: GGUF cannot hold an array here");
  CHECK(!std::filesystem::exists(folder / "a.gguf"));
}

TEST_CASE("gguf: what is not UTF-8 is not written") {
  const TemporaryFolder folder;
  const auto refused = [&](const json& keys, const std::string& name) {
    try {
      write_gguf(folder / "a.gguf", keys, {{name, tensor(DType::f32, {8}, floats)}});
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::bad_input);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused({{"general.license", "MIT\xff"}}, "w") == "metadata general.license: not UTF-8 text");
  CHECK(refused({{"labels", {"cat", "\xc3"}}}, "w") == "metadata labels: not UTF-8 text");
  CHECK(refused({{"k\xff", 1}}, "w") == "a metadata key is not UTF-8 text");
  CHECK(refused(json::object(), "\xed\xa0\x80").ends_with("a.gguf: a tensor name is not UTF-8 text"));
  CHECK(refused({{"labels", {"d\u00f6g"}}}, "\u00fc").empty());
  CHECK(read_gguf(folder / "a.gguf").tensors.contains("\u00fc"));
}

TEST_CASE("gguf: files of others: version 2, alignment 32, all types of keys, axes turned around") {
  Builder file;
  file.header(1, 13, 2);
  file.key("u8", GgufValue::u8).number<std::uint8_t>(200);
  file.key("i8", GgufValue::i8).number<std::int8_t>(-2);
  file.key("u16", GgufValue::u16).number<std::uint16_t>(60000);
  file.key("i16", GgufValue::i16).number<std::int16_t>(-3);
  file.key("u32", GgufValue::u32).number<std::uint32_t>(4000000000U);
  file.key("i32", GgufValue::i32).number<std::int32_t>(-4);
  file.key("u64", GgufValue::u64).number<std::uint64_t>(5);
  file.key("i64", GgufValue::i64).number<std::int64_t>(-6);
  file.key("f32", GgufValue::f32).number(0.5F);
  file.key("f64", GgufValue::f64).number(0.1);
  file.key("bool", GgufValue::boolean).number<std::uint8_t>(2);
  file.key("string", GgufValue::string).string("text");
  file.key("array", GgufValue::array)
      .number(static_cast<std::uint32_t>(GgufValue::u16))
      .number<std::uint64_t>(2);
  file.number<std::uint16_t>(1).number<std::uint16_t>(2);
  file.entry("w", {3, 2}, 0, 0).data(24);
  const Checkpoint read = file.parse();
  CHECK(read.tensors.at("w").shape == std::vector<std::int64_t>{2, 3});
  CHECK(read.metadata == json{{"u8", 200},
                              {"i8", -2},
                              {"u16", 60000},
                              {"i16", -3},
                              {"u32", 4000000000U},
                              {"i32", -4},
                              {"u64", 5},
                              {"i64", -6},
                              {"f32", 0.5},
                              {"f64", 0.1},
                              {"bool", true},
                              {"string", "text"},
                              {"array", {1, 2}}});
}

TEST_CASE("gguf: broken files are refused with a sentence") {
  const auto u32 = [](GgufValue value) { return static_cast<std::uint32_t>(value); };
  CHECK(Builder().header(0, 0).refused().empty());
  CHECK(Builder().number<std::uint32_t>(1).refused() == "file: GGUF version 1; versions 2 and 3 are read");
  CHECK(Builder().number<std::uint32_t>(0x03000000).refused() == "file: big-endian GGUF is not read");
  CHECK(Builder().header(1ULL << 60U, 0).refused() ==
        "file: 1152921504606846976 tensors do not fit into the file");
  CHECK(Builder().header(0, 1ULL << 60U).refused() ==
        "file: 1152921504606846976 keys do not fit into the file");
  CHECK(Builder().header(0, 1).number<std::uint64_t>(~0ULL).data(40).refused() ==
        "file: ends inside a key, at byte 72");
  CHECK(
      Builder().header(0, 1).key("k", GgufValue::array).number(u32(GgufValue::u8)).number(~0ULL).refused() ==
      "file: k has 18446744073709551615 elements, more than the file can hold or this program reads");
  Builder nested;
  nested.header(0, 1).key("k", GgufValue::array).number(u32(GgufValue::array)).number<std::uint64_t>(1);
  CHECK(nested.number(u32(GgufValue::u8)).number<std::uint64_t>(1).data(8).refused() ==
        "file: k is an array of arrays");
  CHECK(Builder().header(0, 1).key("k", GgufValue(77)).number<std::uint64_t>(0).refused() ==
        "file: k has the unknown value type 77");
  CHECK(Builder().header(0, 1).key("k", GgufValue::string).string("\xff").data(8).refused() ==
        "file: k is not UTF-8 text");
  Builder twice;
  for (int i = 0; i < 2; ++i)
    (i == 0 ? twice.header(0, 2) : twice).key("k", GgufValue::u64).number<std::uint64_t>(1);
  CHECK(twice.refused() == "file: the key k comes twice");
  Builder odd;
  CHECK(odd.header(0, 1).key("general.alignment", GgufValue::u32).number<std::uint32_t>(48).refused() ==
        "file: general.alignment is no power of two in 8 .. 65536");

  const auto one = [](const std::vector<std::int64_t>& ne, std::uint32_t type, std::uint64_t offset,
                      std::size_t size) {
    return Builder().header(1, 0).entry("w", ne, type, offset).data(size).refused();
  };
  CHECK(one({2}, 0, 0, 8).empty());
  CHECK(one({2}, 0, 32, 40).empty());
  CHECK(one({2}, 0, 0, 7) ==
        "file: tensor w takes bytes 0 to 8 of the data, which has 7; the file was cut short?");
  CHECK(one({2}, 0, 8, 40) == "file: tensor w is not aligned to 32 bytes");
  CHECK(one({2}, 0, ~0ULL - 31, 40).starts_with("file: tensor w takes bytes 18446744073709551584"));
  CHECK(one({-2}, 0, 0, 8) == "file: tensor w has no valid shape");
  CHECK(one({1LL << 40U, 1LL << 40U}, 0, 0, 8) == "file: tensor w has no valid shape");
  CHECK(one({1, 1, 1, 1, 1}, 0, 0, 8) == "file: tensor w has 5 axes");
  CHECK(one({256}, 12, 0, 144) ==
        "file: tensor w is Q4_K; F32, F16, BF16, F64, I8, I16, I32 and I64 are read here");
  CHECK(one({256}, 99, 0, 144).starts_with("file: tensor w is ggml type 99;"));
  CHECK(Builder().header(2, 0).entry("w", {2}, 0, 0).entry("w", {2}, 0, 32).data(64).refused() ==
        "file: two tensors are named w");
  CHECK(Builder().header(2, 0).entry("v", {8}, 0, 0).entry("w", {8}, 0, 0).data(32).refused() ==
        "file: tensor w overlaps others");
  CHECK(Builder().header(1, 0).entry("w#scale", {2}, 0, 0).data(8).refused() ==
        "file: w#scale does not fit an I8 tensor");
  CHECK(Builder().header(1, 0).entry("w#smoothing", {2}, 0, 0).data(8).refused() ==
        "file: w#smoothing does not fit an I8 tensor");
  // A convolution's weight has more axes than a linear layer's.
  CHECK(Builder()
            .header(2, 0)
            .entry("w", {1, 2, 2, 4}, 24, 0)
            .entry("w#smoothing", {1}, 0, 32)
            .data(36)
            .refused() == "file: w#smoothing does not fit an I8 tensor");
}

TEST_CASE("gguf: our own keys are checked, too") {
  const auto u32 = [](GgufValue value) { return static_cast<std::uint32_t>(value); };
  const auto names = [&](const std::string& item) {
    Builder file;
    file.header(1, 1)
        .key("lp.names", GgufValue::array)
        .number(u32(GgufValue::string))
        .number<std::uint64_t>(1);
    return file.string(item).entry(gguf_stored_name(long_name), {2}, 0, 0).data(8);
  };
  CHECK(names(gguf_stored_name(long_name) + " " + long_name).parse().tensors.contains(long_name));
  CHECK(names("#0123456789abcdef " + long_name).refused() ==
        "file: lp.names is no list of \"STORED TRUE\" names");
  CHECK(names("nothing").refused() == "file: lp.names is no list of \"STORED TRUE\" names");
  const auto shape = [&](std::int64_t a, std::int64_t b) {
    Builder file;
    file.header(1, 1)
        .key("lp.shape.w", GgufValue::array)
        .number(u32(GgufValue::i64))
        .number<std::uint64_t>(2);
    return file.number(a).number(b).entry("w", {4}, 0, 0).data(16);
  };
  CHECK(shape(2, 2).parse().tensors.at("w").shape == std::vector<std::int64_t>{2, 2});
  CHECK(shape(2, 3).refused() == "file: lp.shape.w does not fit the tensor's [4]");
  CHECK(shape(-2, -2).refused() == "file: lp.shape.w does not fit the tensor's [4]");
}

TEST_CASE("gguf: cut short or changed, a file is read or refused, never more") {
  const TemporaryFolder folder;
  write_gguf(folder / "a.gguf", metadata, tensors);
  check_hostile(file_bytes(folder / "a.gguf"), 20'000,
                [](const Bytes& bytes) { touch(parse_gguf(bytes, "file", nullptr)); });
}

}  // namespace
}  // namespace lp::test
