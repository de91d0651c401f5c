#include "cli/watcher.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "tasks/draw.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Labels and numbers as class numbers.
std::vector<int> class_ids(const std::vector<std::string>& names, const ModelInfo& info) {
  std::vector<int> ids;
  for (const std::string& name : names) {
    const auto label = std::find(info.labels.begin(), info.labels.end(), name);
    int number = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    const bool is_number = error == std::errc() && end == name.data() + name.size();
    if (label != info.labels.end()) {
      ids.push_back(static_cast<int>(label - info.labels.begin()));
    } else if (is_number && number >= 0 && static_cast<std::size_t>(number) < info.labels.size()) {
      ids.push_back(number);
    } else {
      fail(Fault::bad_input, "--classes: the model has no class `{}`; nearest is `{}`", name,
           nearest(name, info.labels));
    }
  }
  return ids;
}

json to_json(const Detection& detection, const ModelInfo& info) {
  return {{"class_id", detection.class_id},
          {"label", label_of(info, detection.class_id)},
          {"confidence", rounded(detection.confidence, 6)},
          {"box",
           {{"x1", rounded(detection.box.x1, 4)},
            {"y1", rounded(detection.box.y1, 4)},
            {"x2", rounded(detection.box.x2, 4)},
            {"y2", rounded(detection.box.y2, 4)}}}};
}

json to_json(const RunLengths& mask) {
  return {{"size", {mask.height, mask.width}}, {"counts", mask.counts}};
}

}  // namespace

json detections_json(const DetectResult& found, const ModelInfo& info) {
  json detections = json::array();
  for (std::size_t i = 0; i < found.detections.size(); ++i) {
    detections.push_back(to_json(found.detections[i], info));
    if (!found.masks.empty()) detections.back()["mask"] = to_json(found.masks[i]);
  }
  return detections;
}

std::string label_of(const ModelInfo& info, int class_id) {
  const auto i = static_cast<std::size_t>(class_id);
  return i < info.labels.size() ? info.labels[i] : std::to_string(class_id);
}

std::string counts_text(const DetectResult& found, const ModelInfo& info) {
  std::map<int, int> by_class;
  for (const Detection& detection : found.detections) ++by_class[detection.class_id];
  std::vector<std::pair<int, int>> ordered(by_class.begin(), by_class.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [class_id, count] : ordered)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, plain(label_of(info, class_id)));
  return text.empty() ? "nothing" : text;
}

Watcher::Watcher(const Settings& settings, const LoadedModel& loaded, std::string_view task)
    : loaded_(loaded),
      detector_(loaded, settings.has("size") ? settings.integer("size") : 0, settings.flag("rect"), task),
      options_{.confidence = static_cast<float>(settings.number("confidence")),
               .iou = static_cast<float>(settings.number("iou")),
               .max_detections = settings.integer("max-detections"),
               .classes = class_ids(settings.list("classes"), info())} {}

void Watcher::draw(Image& image, const DetectResult& found, const std::string& target) {
  for (std::size_t i = found.masks.size(); i-- > 0;)
    draw_mask(image, found.masks[i], class_color(found.detections[i].class_id));
  if (draw_detections(image, found.detections, info().labels) == Labels::left_out &&
      warned_of_.insert(target).second)
    spdlog::warn("{}: no font is there, so the boxes have no labels", target);
}

}  // namespace lp::cli
