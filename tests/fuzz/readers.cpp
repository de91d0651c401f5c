#include "fuzz/readers.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "formats/gguf.hpp"
#include "formats/image.hpp"
#include "formats/npy.hpp"
#include "formats/onnx.hpp"
#include "formats/pickle.hpp"
#include "formats/safetensors.hpp"
#include "formats/tensor_data.hpp"
#include "formats/torch_file.hpp"
#include "models/catalog.hpp"
#include "store/manifest.hpp"
#include "tasks/labels.hpp"
#include "tasks/tokenizer/tokenizer.hpp"

namespace lp {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Touches every byte that a checkpoint says it has, and asks which model it is.
void use(const Checkpoint& checkpoint) {
  constexpr std::size_t most = 1 << 20;
  for (const auto& [path, tensor] : checkpoint.tensors)
    if (tensor.data.size() <= most) (void)to_f32(tensor);
  (void)recognize(checkpoint).describe(checkpoint);
}

template <Checkpoint (*parse)(Bytes, std::string, std::shared_ptr<const void>)>
void checkpoint(Bytes bytes) {
  use(parse(bytes, "file", nullptr));
}

/// Until the first refusal.
template <void (*read)(Bytes)>
void guarded(Bytes bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    LP_ASSERT(error.fault() != Fault::internal);
  }
}

/// The pickle machine by itself, where a zip's directory does not stand in the way.
void pickled(Bytes bytes) {
  (void)pickle::parse(bytes, "file", [](std::string_view) { return true; });
}
void npy(Bytes bytes) {
  (void)parse_npy(bytes, "file");
}
void image(Bytes bytes) {
  (void)decode_image(bytes, "file");
}
void manifest(Bytes bytes) {
  (void)to_json(parse_manifest(text_of(bytes), "file"));
}
void tokenizer(Bytes bytes) {
  const Tokenizer made = Tokenizer::parse(parse_json(text_of(bytes), "file"), "file");
  const std::vector<std::int32_t> ids = made.encode("A cat, 12 dogs & naïve \xF0\x9F\x90\x88.", 64);
  (void)made.decode(ids, true);
}
void labels(Bytes bytes) {
  (void)read_yolo_labels(text_of(bytes), "file", 80, 640, 480);
}

}  // namespace

const std::map<std::string, Reader, std::less<>>& readers() {
  static const std::map<std::string, Reader, std::less<>> all = {
      {"gguf", guarded<checkpoint<parse_gguf>>},
      {"image", guarded<image>},
      {"labels", guarded<labels>},
      {"manifest", guarded<manifest>},
      {"npy", guarded<npy>},
      {"pickle", guarded<pickled>},
      {"onnx", guarded<checkpoint<parse_onnx>>},
      {"safetensors", guarded<checkpoint<parse_safetensors>>},
      {"torch", guarded<checkpoint<parse_torch>>},
      {"tokenizer", guarded<tokenizer>},
  };
  return all;
}

}  // namespace lp
