#include "store/manifest.hpp"

#include "base/error.hpp"
#include "store/names.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_manifest(text, "m.json");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::bad_model);
    return error.what();
  }
  return "accepted";
}

std::string with_path(const std::string& path) {
  return nlohmann::json{{"formats", {{{"format", "gguf"}, {"path", path}}}}}.dump();
}

}  // namespace

TEST_CASE("manifest: what is written is read again, unknown keys too") {
  Manifest manifest{.model_id = "yolo",
                    .task = "detect",
                    .architecture = {{"family", "yolov8"}},
                    .labels = {"person", "dog"},
                    .license = "MIT"};
  manifest.source = {{"uri", "file:///a"}, {"revision", nullptr}};
  manifest.more = {{"generated_at", "2026-01-01"}};
  put_artefact(manifest, {.format = "gguf",
                          .precision = "F32",
                          .path = "gguf/F32/model.gguf",
                          .files = {{"gguf/F32/model.gguf", 12, "ab"}},
                          .compatible_backends = {"onednn"},
                          .recipe = {{"command", "convert"}},
                          .more = {{"parity", {{"metric", "rms"}}}}});
  const nlohmann::json document = to_json(manifest);
  CHECK(to_json(parse_manifest(document.dump(), "m.json")) == document);
  CHECK(document["formats"][0]["files"][0]["size"] == 12);
  CHECK(document["formats"][0]["parity"]["metric"] == "rms");
  CHECK(document["generated_at"] == "2026-01-01");
}

TEST_CASE("manifest: other spellings are read") {
  const Manifest list = parse_manifest(R"({"version": 1, "model_name": "m", "labels": {"0": "a", "1": "b"},
    "formats": [{"type": "GGUF", "method": "Q4_K_M", "file_path": "gguf/x.gguf", "file_size_bytes": 3}]})",
                                       "m.json");
  CHECK(list.version == "1");
  CHECK(list.model_id == "m");
  CHECK(list.labels == std::vector<std::string>{"a", "b"});
  REQUIRE(list.formats.size() == 1);
  CHECK(list.formats[0].format == "gguf");
  CHECK(list.formats[0].precision == "Q4_K_M");
  CHECK(list.formats[0].path == "gguf/x.gguf");
  CHECK(list.formats[0].more["file_size_bytes"] == 3);
  const Manifest dict = parse_manifest(
      R"({"formats": {"coreml": {"precision": "float16", "directory": "coreml/float16"}}})", "m.json");
  REQUIRE(dict.formats.size() == 1);
  CHECK(dict.formats[0].format == "coreml");
  CHECK(dict.formats[0].path == "coreml/float16");
}

TEST_CASE("manifest: one of the same format and precision is replaced") {
  Manifest manifest;
  put_artefact(manifest, {.format = "gguf", .precision = "F16", .path = "a"});
  put_artefact(manifest, {.format = "gguf", .precision = "F32", .path = "b"});
  put_artefact(manifest, {.format = "gguf", .precision = "fp16", .path = "c"});
  put_artefact(manifest, {.format = "coreml", .precision = "float16", .path = "d"});
  REQUIRE(manifest.formats.size() == 3);
  CHECK(manifest.formats[0].path == "c");
  CHECK(same_precision("fp32", "Float32"));
  CHECK(same_precision("q4_k_m", "Q4_K_M"));
  CHECK_FALSE(same_precision("f16", "bf16"));
}

TEST_CASE("manifest: no path leaves the model's folder") {
  for (const char* path :
       {"../x", "gguf/../../x", "/etc/passwd", "..", "a/..", "./../x", "gguf\\..\\x", "a\nb"})
    CHECK_MESSAGE(refusal(with_path(path)).find("is none inside the model's folder") != std::string::npos,
                  path);
  CHECK(refusal(with_path("gguf/F32/model.gguf")) == "accepted");
  CHECK(refusal(with_path(std::string(240, 'a') + "/x")) == "accepted");
  CHECK(refusal(with_path(std::string(241, 'a') + "/x")) != "accepted");
  CHECK(parse_manifest(with_path("a//b/"), "m.json").formats[0].path == "a/b");
  CHECK(refusal(R"({"formats": [{"format": "gguf", "path": "a", "files": [{"path": "../../b"}]}]})") ==
        "m.json: the path `../../b` is none inside the model's folder");
}

TEST_CASE("manifest: broken ones are one sentence") {
  CHECK(refusal("") == "m.json: not a JSON object");
  CHECK(refusal("[1]") == "m.json: not a JSON object");
  CHECK(refusal("{\"formats\": 3}") == "m.json: `formats` is no list");
  CHECK(refusal("{\"formats\": [3]}") == "m.json: `formats` has an entry that is no object");
  CHECK(refusal("{\"formats\": [{\"path\": \"a\"}]}") == "m.json: an entry of `formats` has no `format`");
  CHECK(refusal("{\"formats\": [{\"format\": \"gguf\"}]}").find("is none inside") != std::string::npos);
  CHECK(refusal(R"({"labels": 3, "architecture": [], "task": {}, "source": 1})") == "accepted");
}

TEST_CASE("manifest: values of odd types name the file, or count as not there") {
  CHECK(refusal(R"({"labels": {"0": 5}})") == "m.json: a value of the wrong type");
  const Manifest odd = parse_manifest(R"({"architecture": {"family": null, "variant": 3}})", "m.json");
  CHECK(architecture_text(odd, "family").empty());
  CHECK(architecture_text(odd, "variant").empty());
  CHECK(architecture_text({.architecture = {{"family", "yolov8"}}}, "family") == "yolov8");
}

TEST_CASE("names: what a model may be called") {
  for (const char* name : {"yolov8n", "a", "Llama-3.2-1B_x"}) CHECK(is_model_name(name));
  for (const char* name : {"", ".", "..", ".hidden", "-x", "a/b", "a\\b", "a b", "../x", "ä"})
    CHECK_FALSE(is_model_name(name));
  CHECK_FALSE(is_model_name(std::string(129, 'a')));
  CHECK(model_name_from("/tmp/320n.onnx") == "320n");
  CHECK(model_name_from("my model (1).onnx") == "my-model--1-");
  CHECK(model_name_from("/models/whisper/") == "whisper");
}

}  // namespace lp
