#include "formats/onnx.hpp"

#include "files.hpp"
#include "formats/onnx_names.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lp::test {
namespace {

using nlohmann::json;

/// Builds protobuf messages.  Source: protobuf.dev/programming-guides/encoding.
struct Message {
  std::string text;
  Message& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) text += static_cast<char>(value | 0x80U);
    text += static_cast<char>(value);
    return *this;
  }
  Message& number(unsigned field, std::int64_t value) {
    return varint(field << 3U).varint(static_cast<std::uint64_t>(value));
  }
  Message& bytes(unsigned field, std::string_view value) {
    varint(field << 3U | 2U).varint(value.size());
    text += value;
    return *this;
  }
};

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

constexpr int f32 = 1, i8 = 3, i64 = 7, f16 = 10, f64 = 11, bf16 = 16, f8 = 17;  // TensorProto.DataType

Message tensor_head(std::string_view name, int type, const std::vector<std::int64_t>& dims) {
  Message tensor;
  for (const std::int64_t axis : dims) tensor.number(1, axis);
  return tensor.number(2, type).bytes(8, name);
}

/// A TensorProto with raw data: 1, 2, 3, ... as f32.
std::string floats(std::string_view name, const std::vector<std::int64_t>& dims) {
  std::vector<float> values;
  std::int64_t count = 1;
  for (const std::int64_t axis : dims) count *= axis;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i + 1));
  return tensor_head(name, f32, dims).bytes(9, raw(values)).text;
}

std::string node(std::string_view op, std::string_view name, const std::vector<std::string>& inputs,
                 std::string_view output = "y", const std::string& attribute = "") {
  Message message;
  for (const std::string& input : inputs) message.bytes(1, input);
  message.bytes(2, output).bytes(3, name).bytes(4, op);
  if (!attribute.empty()) message.bytes(5, attribute);
  return message.text;
}

std::string constant(std::string_view output, const std::string& tensor) {
  return node("Constant", "", {}, output, Message().bytes(1, "value").bytes(5, tensor).number(20, 4).text);
}

std::string model(const std::vector<std::string>& nodes, const std::vector<std::string>& initializers) {
  Message graph;
  for (const std::string& item : nodes) graph.bytes(1, item);
  graph.bytes(2, "main_graph");
  for (const std::string& item : initializers) graph.bytes(5, item);
  return Message()
      .number(1, 10)
      .bytes(2, "pytorch")
      .bytes(7, graph.text)
      .bytes(14, Message().bytes(1, "imgsz").bytes(2, "[320, 320]").text)
      .text;
}

Checkpoint parse(const std::string& text) {
  auto bytes = std::make_shared<const Bytes>(to_bytes(text));
  return parse_onnx(*bytes, "file", bytes);
}

std::string refused(const std::string& text) {
  return refusal([&] { parse(text); });
}

std::vector<std::string> names(const Checkpoint& checkpoint) {
  std::vector<std::string> found;
  for (const auto& [name, stored] : checkpoint.tensors) found.push_back(name);
  return found;
}

using Names = std::vector<std::string>;

template <class T>
std::vector<T> values(const Checkpoint& checkpoint, const std::string& name) {
  const StoredTensor& stored = checkpoint.tensors.at(name);
  std::vector<T> found(stored.data.size() / sizeof(T));
  std::memcpy(found.data(), stored.data.data(), stored.data.size());
  return found;
}

TEST_CASE("onnx: named initializers keep their names, shapes and data") {
  const Checkpoint read = parse(
      model({node("Conv", "/conv/Conv", {"x", "conv.weight", "conv.bias"})},
            {floats("conv.weight", {2, 1, 1, 1}), floats("conv.bias", {2}), floats("logit_scale", {})}));
  CHECK(names(read) == Names{"conv.bias", "conv.weight", "logit_scale"});
  CHECK(read.tensors.at("conv.weight").shape == std::vector<std::int64_t>{2, 1, 1, 1});
  CHECK(values<float>(read, "conv.weight") == std::vector<float>{1, 2});
  CHECK(read.metadata == json{{"producer_name", "pytorch"}, {"imgsz", "[320, 320]"}});
}

TEST_CASE("onnx: a nameless tensor takes the name of the layer that uses it") {
  const std::string gemm_b = Message().bytes(1, "transB").number(3, 1).number(20, 2).text;
  const Checkpoint read = parse(model(
      {node("MatMul", "/model.0/fc/MatMul", {"x", "onnx::MatMul_12"}),
       node("MatMul", "/model.0/fc/MatMul_1", {"x", "onnx::MatMul_13"}),
       node("Conv", "/layer1/layer1.0/conv1/Conv", {"x", "onnx::Conv_1", "onnx::Conv_2"}),
       node("Gemm", "/head/Gemm", {"x", "17", "18"}), node("Gemm", "/tail/Gemm", {"x", "19"}, "y", gemm_b),
       node("MatMul", "MatMul_5", {"x", "onnx::MatMul_20"}), node("MatMul", "", {"x", "onnx::MatMul_21"})},
      {floats("onnx::MatMul_12", {2, 3}), floats("onnx::MatMul_13", {2, 1}),
       floats("onnx::Conv_1", {1, 2, 1, 1}), floats("onnx::Conv_2", {1}), floats("17", {2, 2}),
       floats("18", {2}), floats("19", {2, 2}), floats("onnx::MatMul_20", {1, 2}),
       floats("onnx::MatMul_21", {1, 1})}));
  CHECK(names(read) == Names{"MatMul_5.weight", "head.bias", "head.weight", "layer1.0.conv1.bias",
                             "layer1.0.conv1.weight", "model.0.fc.MatMul_1.weight", "model.0.fc.weight",
                             "onnx::MatMul_21", "tail.weight"});
  CHECK(read.tensors.at("model.0.fc.weight").shape == std::vector<std::int64_t>{3, 2});
  CHECK(values<float>(read, "model.0.fc.weight") == std::vector<float>{1, 4, 2, 5, 3, 6});
  CHECK(values<float>(read, "head.weight") == std::vector<float>{1, 3, 2, 4});
  CHECK(values<float>(read, "tail.weight") == std::vector<float>{1, 2, 3, 4});
  CHECK(values<float>(read, "layer1.0.conv1.weight") == std::vector<float>{1, 2});
}

TEST_CASE("onnx: an exponential that was folded of a parameter is kept under its node's name") {
  const Checkpoint checkpoint =
      parse(model({node("Mul", "/dp/flows.0/Mul", {"x", "/dp/flows.0/Exp_output_0"}),
                   node("Mul", "/dp/Mul", {"x", "/dp/Log_output_0"})},
                  {floats("/dp/flows.0/Exp_output_0", {2, 1}), floats("/dp/Log_output_0", {2, 1})}));
  CHECK(names(checkpoint) == std::vector<std::string>{"dp.flows.0.Exp"});
}

TEST_CASE("onnx: the module of a node, from names that torch 2.3 wrote") {
  CHECK(onnx::module_of("/model.0/conv/Conv") == "model.0.conv");
  CHECK(onnx::module_of("/model.22/cv2.2/cv2.2.2/Conv") == "model.22.cv2.2.2");
  CHECK(onnx::module_of("/features/features.0/features.0.0/Conv") == "features.0.0");
  CHECK(onnx::module_of("/bert/encoder/layer.0/attention/self/query/MatMul") ==
        "bert.encoder.layer.0.attention.self.query");
  CHECK(onnx::module_of("/layer/layer1/Conv") == "layer.layer1");
  CHECK(onnx::module_of("/MatMul").empty());
  CHECK(onnx::module_of("Conv_3").empty());
}

TEST_CASE("onnx: Constant nodes of layers are weights, and Identity shares one under two names") {
  const Checkpoint read = parse(model({constant("/conv/Constant_output_0", floats("", {1, 1, 1, 2})),
                                       node("Conv", "/conv/Conv", {"x", "/conv/Constant_output_0"}),
                                       node("Identity", "Identity_0", {"a.weight"}, "b.weight")},
                                      {floats("a.weight", {2})}));
  CHECK(names(read) == Names{"a.weight", "b.weight", "conv.weight"});
  CHECK(values<float>(read, "b.weight") == std::vector<float>{1, 2});
}

TEST_CASE("onnx: the data of a tensor are made once, however many names it has") {
  std::vector<std::string> nodes;
  for (int i = 0; i < 100; ++i)
    nodes.push_back(node("Identity", "", {"a.weight"}, "b" + std::to_string(i) + ".weight"));
  // Not raw, so that the data are made.
  const Checkpoint read =
      parse(model(nodes, {tensor_head("a.weight", f32, {2}).bytes(4, raw<float>({1, 2})).text}));
  REQUIRE(read.tensors.size() == 101);
  const auto* const data = read.tensors.at("a.weight").data.data();
  for (const auto& [name, stored] : read.tensors) CHECK(stored.data.data() == data);
}

TEST_CASE("onnx: what is no weight is left out") {
  const std::string index = tensor_head("position_ids", i64, {2}).bytes(9, std::string(16, '\0')).text;
  const Checkpoint read = parse(model(
      {node("Resize", "/up/Resize", {"x", "", "/up/Constant_output_0"}),
       node("Resize", "/up/Resize_1", {"x", "", "scales"}), node("Add", "/head/Add", {"x", "onnx::Add_3"}),
       node("Range", "/head/Range", {"start", "n", "/head/Constant_2_output_0"}),
       node("Add", "/norm/Add", {"x", "norm.bias"})},
      {floats("/up/Constant_output_0", {4}), floats("scales", {4}), floats("onnx::Add_3", {1, 2, 8400}),
       floats("/head/Constant_2_output_0", {}), index, floats("norm.bias", {2})}));
  CHECK(names(read) == Names{"norm.bias"});
}

TEST_CASE("onnx: all element types, as raw bytes and in typed fields, packed and not") {
  std::string packed_bits;
  for (const std::uint64_t bits : {0x3C00U, 0xC000U}) packed_bits += Message().varint(bits).text;
  const std::string one = raw<float>({1}), two = raw<float>({2});
  const Checkpoint read = parse(model(
      {},
      {tensor_head("a", f16, {2}).bytes(5, packed_bits).text,
       tensor_head("b", bf16, {2}).bytes(9, "abcd").text,
       tensor_head("c", f64, {1}).bytes(10, raw<double>({0.5})).text,
       tensor_head("d", f32, {2}).bytes(4, raw<float>({1, 2})).text,
       tensor_head("e", f32, {2}).varint(4 << 3U | 5U).text + one + Message().varint(4 << 3U | 5U).text + two,
       tensor_head("f", i8, {2}).number(5, -3).number(5, 4).text, tensor_head("g", f32, {0, 3}).text}));
  CHECK(values<std::uint16_t>(read, "a") == std::vector<std::uint16_t>{0x3C00, 0xC000});
  CHECK(read.tensors.at("b").dtype == DType::bf16);
  CHECK(values<double>(read, "c") == std::vector<double>{0.5});
  CHECK(values<float>(read, "d") == std::vector<float>{1, 2});
  CHECK(values<float>(read, "e") == std::vector<float>{1, 2});
  CHECK(values<std::int8_t>(read, "f") == std::vector<std::int8_t>{-3, 4});
  CHECK(read.tensors.at("g").data.empty());
}

TEST_CASE("onnx: broken files and what is not read are refused with a sentence") {
  const auto one = [](const std::string& tensor) { return refused(model({}, {tensor})); };
  CHECK(one(tensor_head("w", f32, {2}).bytes(9, "1234").text) ==
        "file: tensor w has 4 bytes, but [2] of f32 takes 8");
  CHECK(one(tensor_head("w", f32, {2}).bytes(4, "1234").text) ==
        "file: tensor w has 4 bytes, but [2] of f32 takes 8");
  CHECK(one(tensor_head("w", f32, {-2}).bytes(9, "1234").text) == "file: tensor w has no valid shape");
  CHECK(one(tensor_head("w", f32, {1LL << 40U, 1LL << 40U}).bytes(9, "1234").text) ==
        "file: tensor w has no valid shape");
  CHECK(one(tensor_head("w", f32, {1, 1, 1, 1, 1, 1, 1, 1, 1}).text) ==
        "file: a tensor has more than 8 axes");
  CHECK(one(tensor_head("w", f8, {1}).bytes(9, "1").text) ==
        "file: tensor w has ONNX element type 17, which this program does not read");
  CHECK(one(tensor_head("w", f32, {1}).number(14, 1).text) ==
        "file: tensor w is in another file (external data); save the model as one file");
  CHECK(one(tensor_head("", f32, {1}).bytes(9, "1234").text) == "file: a tensor name is empty");
  CHECK(one(tensor_head("a\nb", f32, {1}).bytes(9, "1234").text) ==
        "file: a tensor name has control characters");
  CHECK(refused(model({}, {floats("w", {1}), floats("w", {2})})) == "file: two tensors are named w");
  CHECK(refused(Message().number(1, 10).text) == "file: an ONNX file without a graph");
  CHECK(refused(Message().number(1, 10).varint(7 << 3U | 2U).varint(1000).text) ==
        "file: a broken ONNX file; it was cut short or is no valid protobuf");
}

TEST_CASE("onnx: graphs inside of attributes are not followed, however deep") {
  std::string graph;
  for (int depth = 0; depth < 2000; ++depth)
    graph = Message()
                .bytes(1, node("If", "if", {}, "y", Message().bytes(1, "then_branch").bytes(6, graph).text))
                .text;
  const std::string text = Message().number(1, 10).bytes(7, graph).text;
  CHECK(parse(text).tensors.empty());
}

TEST_CASE("onnx: cut short or changed, a file is read or refused, never more") {
  const std::string good =
      model({node("MatMul", "/fc/MatMul", {"x", "onnx::MatMul_1"}),
             constant("/c/Constant_output_0", floats("", {1})),
             node("Conv", "/c/Conv", {"x", "/c/Constant_output_0", "c.bias"})},
            {floats("onnx::MatMul_1", {2, 3}), tensor_head("c.bias", f16, {2}).bytes(5, "\1\2").text});
  check_hostile(to_bytes(good), 20'000,
                [](const Bytes& bytes) { touch(parse_onnx(bytes, "file", nullptr)); });
}

TEST_CASE("open_checkpoint tells formats by content, and refuses what it does not read with a sentence") {
  const TemporaryFolder folder;
  const auto refused_file = [&](std::string_view text) {
    put_file(folder / "x", text);
    const std::string sentence = refusal([&] { open_checkpoint(folder / "x"); });
    return sentence.substr(std::min(sentence.find(": "), sentence.size()));
  };
  put_file(folder / "model.bin", model({}, {floats("w", {1})}));
  CHECK(names(open_checkpoint(folder / "model.bin")) == Names{"w"});
  const std::string unknown = ": not a checkpoint that this program reads (GGUF, safetensors, ONNX, PyTorch)";
  CHECK(refused_file("hello, this is a text\n") == unknown);
  CHECK(refused_file("") == unknown);
  CHECK(refused_file("PK\x03\x04") == ": a zip file without its directory at the end; it was cut short");
  CHECK(refused_file(model({}, {floats("w", {1})}).substr(0, 30)) ==
        ": a broken ONNX file; it was cut short or is no valid protobuf");
  CHECK_THROWS_AS(open_checkpoint(folder / "missing"), Error);
}

TEST_CASE("open_checkpoint takes the one model of a folder") {
  const TemporaryFolder folder;
  CHECK(refusal([&] { open_checkpoint(folder.path()); }).find("in this folder") != std::string::npos);
  put_file(folder / "a.onnx", model({}, {floats("w", {1})}));
  CHECK(names(open_checkpoint(folder.path())) == Names{"w"});
  put_file(folder / "b.onnx", "");
  CHECK(refusal([&] { open_checkpoint(folder.path()); }).find("2 files end in .onnx") != std::string::npos);
}

}  // namespace
}  // namespace lp::test
