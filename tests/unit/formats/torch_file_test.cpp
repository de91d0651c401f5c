#include "formats/torch_file.hpp"

#include "files.hpp"
#include "formats/bytes.hpp"
#include "formats/tensor_data.hpp"
#include "torch_bytes.hpp"

#include <doctest/doctest.h>

#include <memory>

namespace lp::test {
namespace {

using Shape = std::vector<std::int64_t>;
using Values = std::vector<float>;
using Names = std::vector<std::string>;
using Storages = std::vector<std::pair<std::string, std::string>>;

Checkpoint parse(const std::string& text) {
  auto bytes = std::make_shared<const Bytes>(to_bytes(text));
  return parse_torch(*bytes, "file", bytes);
}

std::string refused(const std::string& text) {
  return refusal([&] { parse(text); });
}

Names names(const Checkpoint& checkpoint) {
  Names found;
  for (const auto& [name, stored] : checkpoint.tensors) found.push_back(name);
  return found;
}

Values values(const Checkpoint& checkpoint, const std::string& name) {
  return to_f32(checkpoint.tensors.at(name));
}

/// 1, 2, 3, ... as the bytes of a storage.
template <class T = float>
std::string counted(int count) {
  std::string bytes;
  for (int i = 1; i <= count; ++i) bytes += little(static_cast<T>(i));
  return bytes;
}

const Storages six = {{"0", counted(6)}};
const std::string held = storage("FloatStorage", "0", 6);

/// A file with the one tensor `w` over six numbers.
std::string one(const std::string& tensor) {
  return saved(dict({{"w", tensor}}), six);
}

/// A module of PyTorch with these parts, as pickle writes it.
std::string module_of(const std::string& name, const std::string& parameters, const std::string& buffers,
                      const std::string& modules,
                      std::vector<std::pair<std::string, std::string>> attributes = {}) {
  attributes.insert(attributes.end(),
                    {{"_parameters", parameters}, {"_buffers", buffers}, {"_modules", modules}});
  return object(global("torch.nn.modules", name), dict(attributes));
}

std::string parameter(const std::string& tensor) {
  return call(global("torch._utils", "_rebuild_parameter"),
              {tensor, "\x88", call(global("collections", "OrderedDict"), {})});
}

TEST_CASE("torch: a state dict, its tensors views of the file") {
  const std::string ordered = call(global("collections", "OrderedDict"), {}) + "(" + str("fc.weight") +
                              floats("0", {2, 3}) + str("fc.bias") + floats("1", {2}) + str("none") +
                              floats("2", {0, 4}) + str("scalar") + floats("3", {}) + str("epoch") +
                              "K\x05u" + dict({{"_metadata", "}"}}) + "b";
  const std::string text =
      saved(ordered, {{"0", counted(6)}, {"1", counted(2)}, {"2", ""}, {"3", counted(1)}});
  const auto bytes = std::make_shared<const Bytes>(to_bytes(text));
  const Checkpoint read = parse_torch(*bytes, "file", bytes);
  CHECK(names(read) == Names{"fc.bias", "fc.weight", "none", "scalar"});
  CHECK(read.tensors.at("fc.weight").shape == Shape{2, 3});
  CHECK(values(read, "fc.weight") == Values{1, 2, 3, 4, 5, 6});
  CHECK(read.tensors.at("fc.weight").data.data() == bytes->data() + text.find(counted(6)));
  CHECK(read.tensors.at("none").shape == Shape{0, 4});
  CHECK(values(read, "scalar") == Values{1});
  CHECK(read.metadata == nlohmann::json::object());
}

TEST_CASE("torch: all element types") {
  const std::pair<const char*, DType> types[] = {
      {"FloatStorage", DType::f32},   {"HalfStorage", DType::f16}, {"BFloat16Storage", DType::bf16},
      {"DoubleStorage", DType::f64},  {"CharStorage", DType::i8},  {"ByteStorage", DType::u8},
      {"ShortStorage", DType::i16},   {"IntStorage", DType::i32},  {"LongStorage", DType::i64},
      {"BoolStorage", DType::boolean}};
  for (const auto& [name, type] : types) {
    CAPTURE(name);
    const std::string data(3 * size_bytes(type), '\1');
    const Checkpoint read =
        parse(saved(dict({{"w", rebuilt(storage(name, "0", 3), 0, {3}, {1})}}), {{"0", data}}));
    CHECK(read.tensors.at("w").dtype == type);
    CHECK(as_text(read.tensors.at("w").data) == data);
  }
}

TEST_CASE("torch: views of storages; those out of order are copied, once") {
  const auto view = [](std::int64_t offset, const Shape& sizes, const Shape& strides) {
    return values(parse(one(rebuilt(held, offset, sizes, strides))), "w");
  };
  CHECK(view(2, {2, 2}, {2, 1}) == Values{3, 4, 5, 6});
  CHECK(view(0, {3, 2}, {1, 3}) == Values{1, 4, 2, 5, 3, 6});  // transposed
  CHECK(view(1, {2, 2}, {3, 1}) == Values{2, 3, 5, 6});        // columns of a matrix
  CHECK(view(0, {2, 1, 2}, {3, 77, 2}) == Values{1, 3, 4, 6});
  CHECK(view(4, {1, 1}, {1LL << 62U, 0}) == Values{5});  // an axis of one element has any stride
  CHECK(view(0, {2, 1, 2}, {1, (1LL << 62U) + 5, 3}) == Values{1, 4, 2, 5});
  const std::string turned = rebuilt(held, 0, {3, 2}, {1, 3});
  const Checkpoint twice = parse(saved(dict({{"a", turned}, {"b", turned}}), six));
  CHECK(twice.tensors.at("a").data.data() == twice.tensors.at("b").data.data());
}

TEST_CASE("torch: parameters, torch.Size, and tensors with attributes") {
  const std::string plain = floats("0", {2, 3});
  const std::string with_attributes = call(
      global("torch._tensor", "_rebuild_from_type_v2"),
      {global("torch._utils", "_rebuild_tensor_v2"), global("torch.nn.parameter", "Parameter"),
       tuple({held, number(1), call(global("torch", "Size"), {numbers({2})}), numbers({1}), "\x89", "N"}),
       dict({{"note", "N"}})});
  const std::string with_state =
      call(global("torch._utils", "_rebuild_parameter_with_state"), {plain, "\x88", "N", "}"});
  const Checkpoint read = parse(
      saved(dict({{"a", parameter(plain)}, {"b", with_attributes}, {"c", with_state}, {"d", parameter("N")}}),
            six));
  CHECK(names(read) == Names{"a", "b", "c"});
  CHECK(values(read, "b") == Values{2, 3});
  CHECK(values(read, "c") == Values{1, 2, 3, 4, 5, 6});
}

TEST_CASE("torch: where the weights stand in a larger dict; the average over time goes first") {
  const std::string first = dict({{"w", rebuilt(held, 0, {1}, {1})}}),
                    second = dict({{"w", rebuilt(held, 1, {1}, {1})}});
  const auto found = [](const std::string& value) { return values(parse(saved(value, six)), "w"); };
  CHECK(found(dict({{"epoch", "K\x03"}, {"model", first}})) == Values{1});
  CHECK(found(dict({{"model", first}, {"ema", second}})) == Values{2});
  CHECK(found(dict({{"model", first}, {"ema", "N"}})) == Values{1});
  CHECK(found(dict({{"model", first}, {"ema", dict({{"decay", "K\x01"}})}})) == Values{1});
  CHECK(found(dict({{"state_dict", first}})) == Values{1});
  CHECK(found(dict({{"model_state_dict", first}})) == Values{1});
  CHECK(found(dict({{"params", first}})) == Values{1});
  CHECK(found(dict({{"model", dict({{"state_dict", first}})}})) == Values{1});
  // A state dict may have such names itself.
  CHECK(names(parse(saved(dict({{"model", floats("0", {6})}, {"w", floats("0", {6})}}), six))) ==
        Names{"model", "w"});
}

TEST_CASE("torch: a model saved as a whole has the names of its state_dict") {
  const std::string norm = module_of(
      "BatchNorm2d", dict({{"weight", parameter(floats("0", {2}))}}),
      dict({{"running_var", floats("0", {2})}, {"hidden", floats("0", {1})}}), "}",
      {{"eps", real(0.25)},
       {"_non_persistent_buffers_set", call(global("__builtin__", "set"), {list({str("hidden")})})}});
  const std::string conv =
      module_of("Conv2d", dict({{"weight", parameter(floats("0", {1, 2, 1, 3}))}, {"bias", "N"}}), "}", "}",
                {{"eps", real(9)}, {"stride", numbers({1, 1})}});
  const std::string block = object(global("ultralytics.nn.modules", "Conv"),
                                   dict({{"_parameters", "}"},
                                         {"_buffers", "}"},
                                         {"_modules", dict({{"conv", conv}, {"bn", norm}, {"act", "N"}})},
                                         {"grid", floats("0", {1})}}));
  const std::string model =
      object(global("ultralytics.nn.tasks", "DetectionModel"),
             dict({{"_parameters", "}"},
                   {"_buffers", "}"},
                   {"_modules", dict({{"0", block}})},
                   {"names", "}(" + number(0) + str("cat") + number(1) + str("dog's \\") + "u"},
                   {"task", str("detect")}}));
  const std::string whole = dict({{"model", "N"},
                                  {"ema", model},
                                  {"train_args", dict({{"imgsz", number(320)}, {"task", str("other")}})},
                                  {"license", str("AGPL-3.0")},
                                  {"optimizer", dict({{"state", "}"}})}});
  const Checkpoint read = parse(saved(whole, six));
  CHECK(names(read) == Names{"0.bn.running_var", "0.bn.weight", "0.conv.weight"});
  CHECK(read.batch_norm_eps == std::map<std::string, double, std::less<>>{{"0.bn", 0.25}});
  CHECK(read.metadata == nlohmann::json{{"license", "AGPL-3.0"},
                                        {"imgsz", "[320]"},
                                        {"task", "detect"},
                                        {"names", "{0: 'cat', 1: 'dog\\'s \\\\'}"}});
  CHECK(names(parse(saved(model, six))) == names(read));
  // Labels as a list, the size of two sides, arguments as an object: older files.
  const std::string older =
      object(global("models.yolo", "Model"),
             dict({{"_parameters", "}"},
                   {"_buffers", "}"},
                   {"_modules", dict({{"0", block}})},
                   {"names", list({str("a"), str("b")})},
                   {"args", object(global("ultralytics.yolo.utils", "IterableSimpleNamespace"),
                                   dict({{"imgsz", numbers({480, 640})}, {"task", str("segment")}}))}}));
  CHECK(parse(saved(dict({{"model", older}}), six)).metadata ==
        nlohmann::json{{"names", "{0: 'a', 1: 'b'}"}, {"imgsz", "[480, 640]"}, {"task", "segment"}});
}

TEST_CASE("torch: a call beyond what checkpoints need is refused, wherever it stands") {
  const std::string run = call(global("posix", "system"), {str("touch /tmp/x")});
  const std::string sentence = "file: it would call `posix.system`; this is not a plain checkpoint";
  CHECK(refused(one(run)).starts_with(sentence));
  CHECK(refused(saved(dict({{"state_dict", dict({{"w", floats("0", {6})}})}, {"hook", list({tuple({run})})}}),
                      six))
            .starts_with(sentence));
  CHECK(refused(one(rebuilt(run, 0, {6}, {1}))).starts_with(sentence));
  CHECK(refused(saved(module_of("Linear", "}", "}", "}", {{"forward", run}}), six)).starts_with(sentence));
  const std::pair<const char*, const char*> others[] = {{"builtins", "eval"},
                                                        {"builtins", "getattr"},
                                                        {"torch.storage", "_load_from_bytes"},
                                                        {"torch", "load"},
                                                        {"torchvision.models", "resnet18"},
                                                        {"modelsX", "y"}};
  for (const auto& [module_name, name] : others)
    CHECK(refused(one(call(global(module_name, name), {})))
              .starts_with(fmt::format("file: it would call `{}.{}`; ", module_name, name)));
}

TEST_CASE("torch: files of other kinds are refused with a sentence") {
  const std::string pickle = pickled(dict({{"w", floats("0", {6})}}));
  const auto starts = [](const std::string& text, const char* sentence) {
    return refused(text).starts_with(sentence);
  };
  CHECK(starts(std::string("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.", 15),
               "file: in the form that PyTorch wrote before 1.6; torch.load it and"));
  CHECK(starts(pickle, "file: a Python pickle, but not in the zip file that torch.save writes"));
  CHECK(starts(zipped({{"word/document.xml", "<a/>"}}), "file: a zip file without a `data.pkl`"));
  CHECK(starts(zipped({{"a/data.pkl", pickle}, {"b/data.pkl", pickle}}),
               "file: a zip file with two checkpoints in it"));
  CHECK(starts(zipped({{"a/data.pkl", pickle}, {"a/code/__torch__.py", "", 0, 8}}),
               "file: a TorchScript program, not a checkpoint"));
  CHECK(starts(zipped({{"a/constants.pkl", ""}, {"a/data.pkl", pickle}}),
               "file: a TorchScript program, not a checkpoint"));
  CHECK(starts(zipped({{"a/byteorder", "big"}, {"a/data.pkl", pickle}}), "file: its numbers are big-endian"));
  CHECK(starts(zipped({{"a/data.pkl", pickle, 0, 8}}), "file: `a/data.pkl` in this zip file is compressed"));
  CHECK(is_torch(to_bytes(pickle)));
  CHECK(is_torch(to_bytes(zipped({}) + zipped({{"a", "b"}}))) == false);
  CHECK(is_torch(to_bytes(zipped({{"a", "b"}}))));
  CHECK_FALSE(is_torch(to_bytes("\x80")));
  CHECK_FALSE(is_torch(to_bytes("\x80\x06")));
}

TEST_CASE("torch: tensors that are none are refused with a sentence") {
  const auto view = [](std::int64_t offset, const Shape& sizes, const Shape& strides) {
    return refused(one(rebuilt(held, offset, sizes, strides)));
  };
  const std::string tail = " of 6 elements, or its elements overlap; save a contiguous copy";
  CHECK(view(0, {7}, {1}) ==
        "file: tensor w, [7] with strides [1] from element 0 on, does not fit into its storage" + tail);
  const std::pair<Shape, Shape> wrong[] = {{{2, 3}, {4, 1}},
                                           {{2}, {6}},
                                           {{2, 2}, {1LL << 62U, 1}},
                                           {{3}, {1LL << 62U}},
                                           {{1000, 1000}, {0, 0}},
                                           {{3}, {0}},
                                           {{2, 3}, {1, 1}},
                                           {{3, 2}, {1, 2}},
                                           {{1LL << 40U, 1LL << 20U}, {0, 0}}};
  for (const auto& [sizes, strides] : wrong) CHECK(view(0, sizes, strides).ends_with(tail));
  CHECK(view(1, {6}, {1}).ends_with(tail));
  CHECK(view(6, {1}, {1}).ends_with(tail));
  CHECK(view(-1, {1}, {1}).ends_with(tail));
  CHECK(view(1LL << 62U, {1}, {1}).ends_with(tail));
  CHECK(view(0, {-1}, {1}) == "file: tensor w has no valid shape");
  CHECK(view(0, {2}, {-1}) == "file: tensor w has no valid shape");
  CHECK(view(0, {1LL << 40U, 1LL << 40U}, {0, 0}) == "file: tensor w has no valid shape");
  CHECK(view(0, {2, 3}, {1}) == "file: tensor w has no valid shape");
  CHECK(view(0, Shape(9, 1), Shape(9, 1)) == "file: tensor w has more than 8 axes");
  const auto in = [](const std::string& storage) { return refused(one(rebuilt(storage, 0, {1}, {1}))); };
  CHECK(in(storage("FloatStorage", "1", 6)) == "file: the storage of tensor w is not in the file");
  CHECK(in(storage("FloatStorage", "0", -1)) == "file: the storage of tensor w is not in the file");
  CHECK(in(storage("FloatStorage", "0", 7)) ==
        "file: the storage of tensor w has 24 bytes, too few for 7 elements of f32");
  CHECK(in(storage("DoubleStorage", "0", 1LL << 62U))
            .starts_with("file: the storage of tensor w has 24 bytes"));
  CHECK(in(storage("ComplexFloatStorage", "0", 1)) ==
        "file: tensor w lies in a torch.ComplexFloatStorage, which this program does not read");
  CHECK(in("N") == "file: tensor w has no storage");
  CHECK(in(tuple({}) + "Q") == "file: tensor w has no storage");
  CHECK(refused(one(call(global("torch._utils", "_rebuild_tensor_v2"), {}))) ==
        "file: tensor w is not described in full");
  CHECK(refused(one(call(
            global("torch._utils", "_rebuild_tensor_v3"),
            {held, number(0), numbers({1}), numbers({1}), "\x89", "N", global("torch", "float8_e4m3fn")}))) ==
        "file: tensor w has dtype torch.float8_e4m3fn, which this program does not read");
  CHECK(refused(saved("}(" + str("w") + floats("0", {6}) + str("w") + floats("0", {6}) + "u", six)) ==
        "file: two tensors are named w");
  CHECK(refused(saved("}(" + number(1) + floats("0", {6}) + "u", six)) ==
        "file: the name of a tensor or module is no text");
  CHECK(refused(saved(dict({{"a\nb", floats("0", {6})}}), six)) ==
        "file: a tensor name has control characters");
  const std::string none = "file: no tensors with names are in it; save the model's state_dict by torch.save";
  CHECK(refused(saved("}")) == none);
  CHECK(refused(saved("N")) == none);
  CHECK(refused(saved(floats("0", {6}), six)) == none);
  CHECK(refused(saved(list({floats("0", {6})}), six)) == none);
}

TEST_CASE("torch: files that say one thing over and over cost no more than honest ones") {
  // A thousand tensors, each the same numbers in another order.
  std::vector<std::pair<std::string, std::string>> many;
  for (std::int64_t i = 2; i < 1000; ++i)
    many.emplace_back(fmt::format("w{}", i),
                      rebuilt(storage("ByteStorage", "0", 1 << 20U), 0, {2, 500'000 + i}, {1, 2}));
  CHECK(refused(saved(dict(many), {{"0", std::string(1 << 20U, 'x')}})) ==
        "file: its tensors read the same elements over and over; save contiguous ones");
  // A module that is its own child, and one whose children are the next one, twice, thirty times over.
  const std::string circle =
      global("torch.nn", "M") + ")\x81q\x01" +
      dict({{"_parameters", "}"}, {"_buffers", "}"}, {"_modules", dict({{"a", "h\x01"}})}}) + "b";
  CHECK(refused(saved(circle)) == "file: modules are nested more than 64 deep");
  std::string tower = module_of("M", dict({{"w", floats("0", {6})}}), "}", "}") + std::string("q\0", 2);
  for (char i = 0; i < 60; ++i)
    tower += "0" +
             module_of("M", "}", "}", dict({{"a", std::string("h") + i}, {"b", std::string("h") + i}})) +
             "q" + static_cast<char>(i + 1);
  CHECK(refused(saved(tower, six)) == "file: its modules and names are more than any model has");
}

TEST_CASE("torch: cut short or changed, a file is read or refused, never more") {
  const std::string norm =
      module_of("BatchNorm2d", "}", dict({{"running_var", floats("0", {2})}}), "}", {{"eps", real(0.25)}});
  const std::string model = module_of("M", dict({{"w", parameter(rebuilt(held, 0, {3, 2}, {1, 3}))}}), "}",
                                      dict({{"bn", norm}}), {{"names", list({str("cat")})}});
  const std::string good = saved(dict({{"ema", model}, {"license", str("MIT")}}), six);
  check_hostile(to_bytes(good), 20'000,
                [](const Bytes& bytes) { touch(parse_torch(bytes, "file", nullptr)); });
}

}  // namespace
}  // namespace lp::test
