#include "store/hub.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

using nlohmann::json;

const std::string commit(40, 'a');

HubListing listing(const std::vector<std::string>& paths) {
  HubListing made{.commit = commit};
  for (const std::string& path : paths) made.files.push_back({.path = path});
  return made;
}

std::string chosen(const std::vector<std::string>& paths, const std::string& file = "") {
  std::string names;
  try {
    for (const HubFile& one : choose_files(listing(paths), file, "hf://a/b@main"))
      names += (names.empty() ? "" : " ") + one.path;
  } catch (const Error& error) {
    return error.what();
  }
  return names;
}

bool is_refused(const json& answer) {
  try {
    parse_listing(answer.dump(), "hf://a/b");
  } catch (const Error&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("hub: what a repository lists") {
  const std::string sha256(64, 'b'), blob(40, 'c');
  const json answer = {
      {"sha", commit},
      {"cardData", {{"license", "mit"}}},
      {"siblings",
       {{{"rfilename", "model.safetensors"}, {"size", 12}, {"lfs", {{"sha256", sha256}, {"size", 12}}}},
        {{"rfilename", "config.json"}, {"size", 3}, {"blobId", blob}},
        {{"rfilename", "../../evil"}},
        {{"rfilename", "/etc/passwd"}},
        {{"rfilename", 5}},
        "text"}}};
  const HubListing read = parse_listing(answer.dump(), "hf://a/b");
  CHECK(read.license == "mit");
  REQUIRE(read.files.size() == 2);
  CHECK(read.files[0].sha256 == sha256);
  CHECK(read.files[0].size == 12);
  CHECK(read.files[0].git_blob.empty());
  CHECK(read.files[1].git_blob == blob);
  CHECK(parse_listing(
            json{{"sha", commit}, {"siblings", json::array()}, {"tags", {"x", "license:apache-2.0"}}}.dump(),
            "a")
            .license == "apache-2.0");
}

TEST_CASE("hub: what is no answer of a hub is refused") {
  CHECK(is_refused(json::array()));
  CHECK(is_refused({{"sha", "main"}, {"siblings", json::array()}}));
  CHECK(is_refused({{"sha", "../" + std::string(37, 'a')}, {"siblings", json::array()}}));
  CHECK(is_refused({{"sha", commit}}));
  CHECK(is_refused({{"sha", commit}, {"siblings", {{"a", "b"}}}}));
}

TEST_CASE("hub: which files are taken") {
  CHECK(chosen({"README.md", "config.json", "model.safetensors", "onnx/model.onnx", "pytorch_model.bin",
                "tokenizer.json", "1_Pooling/config.json"}) ==
        "model.safetensors config.json tokenizer.json 1_Pooling/config.json");
  CHECK(chosen({"a.gguf", "config.json"}) == "a.gguf");
  CHECK(chosen({"x.onnx"}) == "x.onnx");
  CHECK(chosen({"open_clip_model.safetensors", "model.safetensors"}) == "model.safetensors");
  CHECK(chosen({"sub/model.safetensors", "sub/config.json", "config.json"}, "sub/model.safetensors") ==
        "sub/model.safetensors sub/config.json");
  CHECK(chosen({"a.onnx", "b.onnx"}).find("several files are weights (a.onnx, b.onnx)") != std::string::npos);
  std::vector<std::string> many;
  for (char c = 'a'; c <= 'z'; ++c) many.push_back(std::string(1, c) + ".onnx");
  CHECK(chosen(many).find("j.onnx and 16 more)") != std::string::npos);
  CHECK(
      chosen({"model.safetensors.index.json", "model-00001-of-00002.safetensors"}).find("in several files") !=
      std::string::npos);
  CHECK(chosen({"pytorch_model.bin", "training_args.bin", "config.json"}) == "pytorch_model.bin config.json");
  CHECK(chosen({"README.md"}).find("no .safetensors, .gguf, .onnx, .pt, .pth or .bin file") !=
        std::string::npos);
  CHECK(chosen({"yolov8n.onnx"}, "yolov8s.onnx").find("nearest is `yolov8n.onnx`") != std::string::npos);
}

}  // namespace lp
