// The list. No digests stand here: the hub states one for every file, and `pull` checks that.
#include "store/catalogue.hpp"

#include "base/text.hpp"

#include <array>

namespace lp {

std::span<const CatalogueEntry> catalogue() {
  static constexpr std::array entries = {
      // Ultralytics' model and licence; exported to ONNX and published by Kalray.
      CatalogueEntry{"yolov8n", "detect",
                     "hf://Kalray/yolov8@9e0af089be9c2f172e4fd9b724805f8b6514854e:yolov8n.onnx", "AGPL-3.0"},
      CatalogueEntry{"all-minilm-l6-v2", "embed", "hf://sentence-transformers/all-MiniLM-L6-v2",
                     "apache-2.0"},
      CatalogueEntry{"dinov2-small", "embed",
                     "hf://facebook/dinov2-small@ed25f3a31f01632728cabb09d1542f84ab7b0056", "apache-2.0"},
      CatalogueEntry{"vit-base-patch16-224", "classify", "hf://google/vit-base-patch16-224", "apache-2.0"},
      CatalogueEntry{"clip-vit-b-32", "embed", "hf://laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "mit"},
  };
  return entries;
}

const CatalogueEntry* find_in_catalogue(std::string_view name) {
  for (const CatalogueEntry& entry : catalogue())
    if (entry.name == lower(name)) return &entry;
  return nullptr;
}

}  // namespace lp
