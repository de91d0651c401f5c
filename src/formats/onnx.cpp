#include "formats/onnx.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "formats/bytes.hpp"
#include "formats/checks.hpp"
#include "formats/onnx_names.hpp"
#include "formats/onnx_proto.hpp"

#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace lp {
namespace {

/// The file, and the elements of tensors that do not stand in it as we want them.
struct Storage {
  std::shared_ptr<const void> file;
  std::deque<std::vector<std::byte>> made;

  std::span<const std::byte> keep(std::vector<std::byte> data) { return made.emplace_back(std::move(data)); }
};

/// Exchanges the two axes of a matrix of `size`-byte elements.
std::vector<std::byte> transposed(std::span<const std::byte> data, std::size_t rows, std::size_t columns,
                                  std::size_t size) {
  std::vector<std::byte> turned(data.size());
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      std::memcpy(&turned[(column * rows + row) * size], &data[(row * columns + column) * size], size);
  return turned;
}

StoredTensor load(const onnx::Weight& weight, const std::string& file, Storage& storage) {
  const onnx::Tensor& tensor = *weight.tensor;
  if (tensor.external)
    fail(Fault::unsupported, "{}: tensor {} is in another file (external data); save the model as one file",
         file, weight.name);
  const auto dtype = onnx::dtype_of(tensor.data_type);
  if (!dtype)
    fail(Fault::unsupported, "{}: tensor {} has ONNX element type {}, which this program does not read", file,
         weight.name, tensor.data_type);
  StoredTensor stored{*dtype, tensor.dims, {}};
  const auto wanted = tensor_bytes(*dtype, stored.shape);
  if (!wanted) fail(Fault::bad_model, "{}: tensor {} has no valid shape", file, weight.name);
  stored.data = tensor.raw ? *tensor.raw : storage.keep(onnx::typed_data(tensor, *dtype, file));
  if (stored.data.size() != *wanted)
    fail(Fault::bad_model, "{}: tensor {} has {} bytes, but {} of {} takes {}", file, weight.name,
         stored.data.size(), shape_text(stored.shape), name(*dtype), *wanted);
  if (weight.transpose) {
    const auto rows = static_cast<std::size_t>(stored.shape[0]),
               columns = static_cast<std::size_t>(stored.shape[1]);
    if (*wanted > 0) stored.data = storage.keep(transposed(stored.data, rows, columns, size_bytes(*dtype)));
    std::swap(stored.shape[0], stored.shape[1]);
  }
  return stored;
}

}  // namespace

Checkpoint parse_onnx(std::span<const std::byte> bytes, std::string file,
                      std::shared_ptr<const void> storage) {
  const onnx::Model model = onnx::parse_model(bytes, file);
  auto kept = std::make_shared<Storage>();
  kept->file = std::move(storage);
  Checkpoint checkpoint{.file = std::move(file), .tensors = {}, .storage = nullptr};
  for (const auto& [key, value] : model.metadata) {
    const std::string name = checked_name(key, checkpoint.file, "a metadata key");
    checkpoint.metadata[name] = checked_text(value, checkpoint.file, name);
  }
  // One tensor may have any number of names; its data are made once.
  std::map<std::pair<const onnx::Tensor*, bool>, StoredTensor> loaded;
  for (const onnx::Weight& weight : onnx::weights_of(model, checkpoint.file)) {
    const auto [place, added] = loaded.try_emplace({weight.tensor, weight.transpose});
    if (added) place->second = load(weight, checkpoint.file, *kept);
    add_tensor(checkpoint, weight.name, place->second);
  }
  checkpoint.storage = std::move(kept);
  return checkpoint;
}

Checkpoint read_onnx(const std::filesystem::path& path) {
  auto file = std::make_shared<const MappedFile>(path);
  const auto bytes = file->bytes();
  return parse_onnx(bytes, path.string(), std::move(file));
}

bool is_onnx(std::span<const std::byte> bytes) {
  return onnx::starts_model(bytes);
}

}  // namespace lp
