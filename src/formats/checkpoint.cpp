#include "formats/checkpoint.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/bytes.hpp"
#include "formats/gguf.hpp"
#include "formats/onnx.hpp"
#include "formats/safetensors.hpp"

#include <system_error>
#include <utility>

namespace lp {
namespace {

namespace fs = std::filesystem;

/// The one checkpoint of a folder. @throws Error{not_found, io}.
fs::path find_checkpoint(const fs::path& folder) try {
  for (const char* name : {"model.safetensors", "model.gguf"})
    if (fs::is_regular_file(folder / name)) return folder / name;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".onnx") found.push_back(entry.path());
  if (found.size() == 1) return found.front();
  fail(Fault::not_found,
       "{}: a folder without model.safetensors or model.gguf, and with {} .onnx files; name the file",
       folder.string(), found.size());
} catch (const fs::filesystem_error& error) {
  fail(Fault::io, "{}: {}", folder.string(), error.code().message());
}

/// A header length that can be one, and then JSON.
bool is_safetensors(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::uint64_t) + 1) return false;
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  return length <= 100'000'000 && as_text(bytes)[sizeof length] == '{';
}

/// A zip file with a pickle (torch >= 1.6) or a bare pickle of protocol 2 (before).
bool is_pytorch(std::string_view text) {
  return text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02");
}

/// The reader for what the bytes are.
Checkpoint parse(std::span<const std::byte> bytes, const std::string& file,
                 const std::shared_ptr<const void>& storage) {
  if (as_text(bytes).starts_with("GGUF")) return parse_gguf(bytes, file, storage);
  if (is_safetensors(bytes)) return parse_safetensors(bytes, file, storage);
  if (is_pytorch(as_text(bytes)))
    fail(Fault::unsupported,
         "{}: a zip file or pickle, as PyTorch writes; reading .pt and .pth files arrives with a later "
         "version, so export the "
         "model to ONNX or safetensors first",
         file);
  if (is_onnx(bytes)) return parse_onnx(bytes, file, storage);
  fail(Fault::bad_model, "{}: not a checkpoint that this program reads (GGUF, safetensors, ONNX)", file);
}

}  // namespace

Checkpoint open_checkpoint(const fs::path& path) {
  std::error_code unknown;  // what cannot be looked at is reported when it is opened
  if (fs::is_directory(path, unknown)) return open_checkpoint(find_checkpoint(path));
  const auto file = std::make_shared<const MappedFile>(path);
  Checkpoint checkpoint = parse(file->bytes(), path.string(), file);
  checkpoint.mapped = file->bytes();
  return checkpoint;
}

}  // namespace lp
