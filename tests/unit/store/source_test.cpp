#include "store/source.hpp"

#include "base/error.hpp"
#include "store/catalogue.hpp"
#include "store/names.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

HubSource hub(const std::string& text) {
  return std::get<HubSource>(parse_source(text));
}

std::string refusal(const std::string& text) {
  try {
    parse_source(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("source: repositories of the hub") {
  CHECK(hub("hf://a/b").repository == "a/b");
  CHECK(hub("hf://a/b").revision == "main");
  CHECK(hub("hf://a/b@v1:c/d.onnx").file == "c/d.onnx");
  CHECK(hub("hf://a/b@refs/pr/15").revision == "refs/pr/15");
  CHECK(hub("hf://a/b@v1:c@d.onnx").text() == "hf://a/b@v1:c@d.onnx");
  for (const char* text : {"hf://", "hf://a", "hf://a/", "hf:///b", "hf://a/b/c", "hf://../b", "hf://a/..",
                           "hf://a/b:", "hf://a/b@", "hf://a/b@x/../y", "hf://a/b:../c",
                           "hf://a/b:/etc/passwd", "hf://a b/c", "hf://a/b?x", "hf://a/b@x?y"})
    CHECK_MESSAGE(refusal(text) != "accepted", text);
}

TEST_CASE("source: files and addresses") {
  CHECK(std::get<FileSource>(parse_source("file:///a%20b/c.onnx")).path == "/a b/c.onnx");
  CHECK(std::get<FileSource>(parse_source("file://localhost/a")).path == "/a");
  CHECK(std::get<WebSource>(parse_source("https://h/a.gguf?x=1")).url == "https://h/a.gguf?x=1");
  for (const char* text : {"file://a/b", "file://", "https://", "ftp://h/a", "https://u:p@h/a"})
    CHECK_MESSAGE(refusal(text) != "accepted", text);
}

TEST_CASE("source: a file's address is escaped, and read as it was written") {
  CHECK(file_uri("/a b/ü%20?#.onnx") == "file:///a%20b/%C3%BC%2520%3F%23.onnx");
  for (const char* path : {"/a b/ü%20?#.onnx", "/a/b.gguf", "/a@b:c"})
    CHECK(std::get<FileSource>(parse_source(file_uri(path))).path == path);
}

TEST_CASE("source: what is wrong with one is the user's to mend, and messages say no secret") {
  for (const char* text : {"hf://a/b:../c?secret", "hf://a/b?secret", "https://u:secret@h/a",
                           "https://h h/a?secret", "file://a/b?secret"}) {
    CAPTURE(text);
    try {
      parse_source(text);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
  CHECK(refusal("htps://u:secret@h/a?secret").find("secret") == std::string::npos);
}

TEST_CASE("source: the name that a model gets") {
  const auto name = [](const std::string& text) { return default_name(parse_source(text)); };
  CHECK(name("hf://org/Some-Model") == "Some-Model");
  CHECK(name("hf://org/repo@v1:sub/yolov8n.onnx") == "yolov8n");
  CHECK(name("hf://org/repo:sub/model.safetensors") == "repo");
  CHECK(name("https://h/a/yolo.gguf?token=x") == "yolo");
  CHECK(name("file:///a/b/yolo.onnx") == "yolo");
  CHECK(name("file:///a/minilm/") == "minilm");
}

TEST_CASE("source: names of the catalogue") {
  CHECK(hub("yolov8n").repository == "Kalray/yolov8");
  CHECK(hub("DINOv2-small").repository == "facebook/dinov2-small");
  CHECK(refusal("yolov8m").find("nearest is `yolov8n`") != std::string::npos);
  for (const CatalogueEntry& entry : catalogue()) {
    CHECK(is_model_name(entry.name));
    CHECK(find_in_catalogue(entry.name) == &entry);
    CHECK_FALSE(hub(std::string(entry.source)).repository.empty());
    CHECK_FALSE(entry.license.empty());
  }
}

}  // namespace lp
