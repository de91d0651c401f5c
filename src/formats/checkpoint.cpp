#include "formats/checkpoint.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "formats/bytes.hpp"
#include "formats/gguf.hpp"
#include "formats/onnx.hpp"
#include "formats/safetensors.hpp"
#include "formats/torch_file.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <system_error>
#include <utility>

namespace lp {
namespace {

namespace fs = std::filesystem;

/// A header length that can be one, and then JSON.
bool is_safetensors(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::uint64_t) + 1) return false;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length <= 100'000'000 && as_text(bytes)[sizeof length] == '{';
}

/// The reader for what the bytes are.
Checkpoint parse(std::span<const std::byte> bytes, const std::string& file,
                 const std::shared_ptr<const void>& storage) {
  if (as_text(bytes).starts_with("GGUF")) return parse_gguf(bytes, file, storage);
  if (is_safetensors(bytes)) return parse_safetensors(bytes, file, storage);
  if (is_torch(bytes)) return parse_torch(bytes, file, storage);
  if (is_onnx(bytes)) return parse_onnx(bytes, file, storage);
  fail(Fault::bad_model, "{}: not a checkpoint that this program reads (GGUF, safetensors, ONNX, PyTorch)",
       file);
}

constexpr std::array side_file_names = {std::string_view("config.json"),
                                        std::string_view("preprocessor_config.json"),
                                        std::string_view("tokenizer.json"),
                                        std::string_view("generation_config.json"),
                                        std::string_view("1_Pooling/config.json"),
                                        std::string_view("sentence_bert_config.json"),
                                        std::string_view("vocab.json")};

using SideFiles = std::map<std::string, std::string, std::less<>>;

/// Adds the text of a file, if there is one.
void read_side_file(const fs::path& path, std::string_view name, SideFiles& texts) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return;
  if (fs::file_size(path, error) > largest_side_file || error)
    fail(Fault::bad_model, "{}: more than {} MB, too large for such a file", path.string(),
         largest_side_file >> 20U);
  texts.emplace(name, read_text(path));
}

/// Those of the files beside `weights` that there are.
SideFiles read_side_files(const fs::path& weights) {
  SideFiles texts;
  for (const std::string_view name : side_file_names)
    read_side_file(weights.parent_path() / name, name, texts);
  return texts;
}

}  // namespace

std::span<const std::string_view> checkpoint_side_files() {
  return side_file_names;
}

std::vector<std::string> weights_among(std::span<const std::string> names) {
  std::vector<std::string> fitting;
  for (const std::string_view ending : {".safetensors", ".gguf", ".onnx", ".pt", ".pth", ".bin"}) {
    std::copy_if(names.begin(), names.end(), std::back_inserter(fitting), [&](const std::string& name) {
      return lower(fs::path(name).extension().string()) == ending;
    });
    if (!fitting.empty()) break;
  }
  for (const std::string& name : fitting)
    if (fs::path(name).stem() == "model" || fs::path(name).stem() == "pytorch_model") return {name};
  return fitting;
}

fs::path find_checkpoint(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (std::error_code unknown; entry->is_regular_file(unknown))
      files.push_back(entry->path().filename().string());
  if (error) fail(Fault::io, "{}: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  const std::vector<std::string> weights = weights_among(files);
  if (weights.empty())
    fail(Fault::not_found, "{}: no .safetensors, .gguf, .onnx, .pt, .pth or .bin file in this folder",
         folder.string());
  if (weights.size() > 1)
    fail(Fault::bad_input, "{}: {} files end in {}; name the one that is meant", folder.string(),
         weights.size(), lower(fs::path(weights.front()).extension().string()));
  return folder / weights.front();
}

Checkpoint open_checkpoint(const fs::path& path) {
  std::error_code unknown;  // what cannot be looked at is reported when it is opened
  if (fs::is_directory(path, unknown)) return open_checkpoint(find_checkpoint(path));
  const auto file = std::make_shared<const MappedFile>(path);
  Checkpoint checkpoint = parse(file->bytes(), path.string(), file);
  checkpoint.mapped = file->bytes();
  if (lower(path.extension().string()) == ".safetensors" || is_torch(file->bytes()))
    checkpoint.side_files = read_side_files(path);
  if (is_onnx(file->bytes())) read_side_file(path.string() + ".json", beside_onnx, checkpoint.side_files);
  return checkpoint;
}

}  // namespace lp
