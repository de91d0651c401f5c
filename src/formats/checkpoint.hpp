#pragma once
#include "base/dtype.hpp"
#include "base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// One tensor of a checkpoint: row-major, outermost axis first, as its framework writes it.
struct StoredTensor {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;  // size_bytes(dtype) * product of shape; may be unaligned
  /// Of a quantized tensor (i8): what each index of the first axis is multiplied by, f32; may be unaligned.
  /// Empty for others.
  std::span<const std::byte> scales;
  /// Of a quantized tensor of a linear layer: what each index of the last axis is multiplied by as well, f32,
  /// may be unaligned. The layer's input is multiplied by the same before it gets levels. Empty for others.
  std::span<const std::byte> smoothing;
};

/// A weight file opened for reading, whatever its format. Copies share the data, which live as long as one
/// copy does.
struct Checkpoint {
  std::string file;  // as the user named it, for messages
  std::map<std::string, StoredTensor, std::less<>> tensors;
  nlohmann::json metadata =
      nlohmann::json::object();  // the file's own keys: strings for ONNX, typed for GGUF
  /// Texts of the JSON files that Hugging Face's layout keeps beside the weights (config.json,
  /// tokenizer.json,
  /// ...), by name; of the file beside an ONNX file that is called as it is and `.json` (Piper's voices),
  /// under the name beside_onnx; empty for other layouts.
  std::map<std::string, std::string, std::less<>> side_files;
  /// eps of batch norms by module, where the file says it: PyTorch's that hold a whole model.
  std::map<std::string, double, std::less<>> batch_norm_eps;
  std::shared_ptr<const void> storage;  // keeps `data` alive
  std::span<const std::byte>
      mapped;  // the mapped file: pages of `data` in it may be dropped and come back by themselves
};

/// The weight files among the names of a folder's files: those of the first kind of which there is any
/// (safetensors, GGUF, ONNX, PyTorch, by the ending), and of several the one called `model` or
/// `pytorch_model` alone. None: there are no
/// weights; more than one: it is not clear which is meant.
std::vector<std::string> weights_among(std::span<const std::string> names);

/// The one weight file of a folder, as weights_among finds it.
/// @throws Error{not_found} if there is none, Error{bad_input} if it is not clear which, Error{io}.
std::filesystem::path find_checkpoint(const std::filesystem::path& folder);

/// A larger one of the files below is refused.
inline constexpr std::uint64_t largest_side_file = 64U << 20U;  // bytes

/// Names of the files beside a safetensors or PyTorch file that become Checkpoint::side_files, relative to
/// its folder.
std::span<const std::string_view> checkpoint_side_files();

/// The name in Checkpoint::side_files of FILE.onnx.json beside FILE.onnx.
inline constexpr std::string_view beside_onnx = "onnx.json";

/// Opens a checkpoint of any format that we read, told apart by content; of a folder, that of
/// find_checkpoint.
/// @throws find_checkpoint's errors; Error{not_found, io}; Error{bad_model} with one sentence if the file is
/// broken or of no known format.
Checkpoint open_checkpoint(const std::filesystem::path& path);

}  // namespace lp
