#include "models/catalog.hpp"

#include "base/error.hpp"
#include "models/audio/fastspeech2.hpp"
#include "models/audio/vits.hpp"
#include "models/audio/whisper.hpp"
#include "models/text/bert.hpp"
#include "models/vision/clip.hpp"
#include "models/vision/detr.hpp"
#include "models/vision/vit.hpp"
#include "models/vision/yolov8.hpp"

#include <array>

namespace lp {
namespace {

std::string known_families() {
  std::string names;
  for (const Family& family : model_catalog())
    names += (names.empty() ? "" : ", ") + std::string(family.name);
  return names;
}

}  // namespace

std::span<const Family> model_catalog() {
  static const std::array families = {
      models::yolov8(), models::yolov8_seg(), models::detr(),    models::clip(), models::dinov2(),
      models::vit(),    models::bert(),       models::whisper(), models::vits(), models::fastspeech2()};
  return families;
}

const Family& find_family(std::string_view name) {
  for (const Family& family : model_catalog())
    if (family.name == name) return family;
  fail(Fault::bad_model, "no model family `{}`; there are: {}", name, known_families());
}

const Family& recognize(const Checkpoint& checkpoint) {
  for (const Family& family : model_catalog())
    if (family.recognizes(checkpoint)) return family;
  fail(Fault::bad_model, "{}: its tensors are of no model family that this program knows ({})",
       checkpoint.file, known_families());
}

const Graph& Program::graph(std::string_view name) const {
  for (const Graph& candidate : graphs)
    if (candidate.name == name) return candidate;
  fail(Fault::internal, "the program has no graph `{}`", name);
}

}  // namespace lp
