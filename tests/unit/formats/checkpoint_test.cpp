#include "formats/checkpoint.hpp"

#include "base/error.hpp"
#include "files.hpp"

#include <doctest/doctest.h>

namespace lp {
namespace {

/// What a folder of these (empty) files is taken for: a file's name, or the sentence that refuses it.
std::string found_in(std::initializer_list<const char*> names) {
  const test::TemporaryFolder folder;
  for (const char* name : names) std::ofstream(folder / name) << "";
  try {
    return find_checkpoint(folder.path()).filename().string();
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("checkpoint: the one weight file of a folder") {
  CHECK(found_in({"a.onnx", "config.json"}) == "a.onnx");
  CHECK(found_in({"a.onnx", "b.gguf", "c.safetensors"}) == "c.safetensors");
  CHECK(found_in({"a.onnx", "B.GGUF"}) == "B.GGUF");
  CHECK(found_in({"a.gguf", "model.gguf", "a.onnx"}) == "model.gguf");
  CHECK(found_in({"a.pth", "b.pt", "training_args.bin"}) == "b.pt");
  CHECK(found_in({"config.json", "pytorch_model.bin", "training_args.bin"}) == "pytorch_model.bin");
  CHECK(found_in({"a.gguf", "b.gguf"}).find("2 files end in .gguf") != std::string::npos);
  CHECK(found_in({"readme.md"}).find("in this folder") != std::string::npos);
  CHECK_THROWS_AS(find_checkpoint("/nowhere/at/all"), Error);
}

}  // namespace lp
