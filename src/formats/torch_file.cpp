#include "formats/torch_file.hpp"

#include "base/error.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"
#include "formats/pickle.hpp"
#include "formats/torch_state.hpp"
#include "formats/torch_tensors.hpp"
#include "formats/zip.hpp"

#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace lp {
namespace {

using Bytes = std::span<const std::byte>;
using Entries = std::map<std::string_view, ZipEntry>;

/// The file, and tensors whose elements do not stand in it in order.
struct Storage {
  std::shared_ptr<const void> file;
  std::deque<std::vector<std::byte>> copies;
};

constexpr std::string_view zip_start("PK\x03\x04", 4);
/// The number 0x1950a86a20f9469cfc6c as a pickle, with which the form before 1.6 begins.
constexpr std::string_view old_start("\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19", 14);

/// The parts of an archive.
struct Archive {
  Bytes pickle;
  std::map<std::string_view, Bytes> storages;  // by key
};

[[noreturn]] void refuse_bare_pickle(Bytes bytes, const std::string& file) {
  if (as_text(bytes).starts_with(old_start))
    fail(Fault::unsupported,
         "{}: in the form that PyTorch wrote before 1.6; torch.load it and torch.save it again", file);
  fail(Fault::bad_model, "{}: a Python pickle, but not in the zip file that torch.save writes", file);
}

/// The one folder that an archive has at its top, "archive/".
std::string_view folder_of(const Entries& entries, const std::string& file) {
  constexpr std::string_view pickle_name = "/data.pkl";
  std::string_view folder;
  for (const auto& [name, entry] : entries) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos || name.substr(slash) != pickle_name) continue;
    if (!folder.empty()) fail(Fault::bad_model, "{}: a zip file with two checkpoints in it", file);
    folder = name.substr(0, slash + 1);
  }
  if (folder.empty())
    fail(Fault::bad_model, "{}: a zip file without a `data.pkl`, so not one that torch.save wrote", file);
  return folder;
}

/// TorchScript archives are zip files of pickles too, with the model's program in compressed entries.
void refuse_torchscript(const Entries& entries, std::string_view folder, const std::string& file) {
  for (const auto& [name, entry] : entries) {
    if (!name.starts_with(folder)) continue;
    const std::string_view inner = name.substr(folder.size());
    if (inner == "constants.pkl" || inner.starts_with("code/"))
      fail(
          Fault::unsupported,
          "{}: a TorchScript program, not a checkpoint; save the model's state_dict by torch.save, or export "
          "it to ONNX",
          file);
  }
}

Archive open_archive(Bytes bytes, const std::string& file) {
  const Entries entries = zip_entries(bytes, file);
  const std::string_view folder = folder_of(entries, file);
  refuse_torchscript(entries, folder, file);
  Archive archive;
  for (const auto& [name, entry] : entries) {
    if (!name.starts_with(folder)) continue;
    if (entry.packed)
      fail(Fault::unsupported,
           "{}: `{}` in this zip file is compressed or encrypted, as torch.save never writes it; save it "
           "again with torch.save",
           file, name);
    const std::string_view inner = name.substr(folder.size());
    constexpr std::string_view storages = "data/";
    if (inner == "byteorder" && as_text(entry.data) != "little")
      fail(Fault::unsupported, "{}: its numbers are big-endian; save it again on a little-endian machine",
           file);
    if (inner == "data.pkl") archive.pickle = entry.data;
    if (inner.starts_with(storages)) archive.storages.emplace(inner.substr(storages.size()), entry.data);
  }
  return archive;
}

}  // namespace

Checkpoint parse_torch(Bytes bytes, std::string file, std::shared_ptr<const void> storage) {
  if (!as_text(bytes).starts_with(zip_start)) refuse_bare_pickle(bytes, file);
  const Archive archive = open_archive(bytes, file);
  const pickle::Tree tree = pickle::parse(archive.pickle, file, torch::is_plain);
  // Honest files copy a weight once or twice: where it was saved transposed, or is tied to another so.
  torch::Tensors tensors(tree, archive.storages, file, 2 * bytes.size());
  torch::State state = torch::find_state(tree, tensors, file);
  Checkpoint checkpoint{.file = std::move(file), .tensors = {}, .storage = nullptr};
  for (const auto& [name, ref] : state.tensors) add_tensor(checkpoint, name, tensors.load(ref, name));
  checkpoint.metadata = std::move(state.metadata);
  checkpoint.batch_norm_eps = std::move(state.batch_norm_eps);
  checkpoint.storage = std::make_shared<Storage>(Storage{std::move(storage), std::move(tensors.copies)});
  return checkpoint;
}

bool is_torch(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with(zip_start) ||
         (text.size() > 1 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5);
}

}  // namespace lp
