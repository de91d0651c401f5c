#include "cli/detection.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"
#include "cli/batch.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/profile.hpp"
#include "tasks/detector.hpp"
#include "tasks/draw.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace lp::cli {
namespace {

using nlohmann::json;

std::string label_of(const ModelInfo& info, int class_id) {
  const auto i = static_cast<std::size_t>(class_id);
  return i < info.labels.size() ? info.labels[i] : std::to_string(class_id);
}

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

/// One picture that was seen.
struct Seen {
  std::string path, saved;
  int width = 0, height = 0;
  double decode_ms = 0;
  DetectResult result;
};

Times times_of(const Seen& seen) {
  const DetectTimes& ms = seen.result.ms;
  return {{"decode", seen.decode_ms},
          {"preprocess", ms.preprocess},
          {"inference", ms.inference},
          {"postprocess", ms.postprocess}};
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

json to_json(const Seen& seen, const ModelInfo& info) {
  json detections = json::array();
  for (std::size_t i = 0; i < seen.result.detections.size(); ++i) {
    detections.push_back(to_json(seen.result.detections[i], info));
    if (!seen.result.masks.empty()) detections.back()["mask"] = to_json(seen.result.masks[i]);
  }
  json picture = {{"path", seen.path},
                  {"width", seen.width},
                  {"height", seen.height},
                  {"detections", detections},
                  {"ms", times_json(times_of(seen))}};
  if (!seen.saved.empty()) picture["saved"] = seen.saved;
  return picture;
}

/// "2 person, 1 dog": the most frequent first.
std::string counts(const Seen& seen, const ModelInfo& info) {
  std::map<int, int> by_class;
  for (const Detection& detection : seen.result.detections) ++by_class[detection.class_id];
  std::vector<std::pair<int, int>> ordered(by_class.begin(), by_class.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [class_id, count] : ordered)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, plain(label_of(info, class_id)));
  return text.empty() ? "nothing" : text;
}

std::string to_text(const Seen& seen, const ModelInfo& info) {
  std::string text = fmt::format("{} {}x{}: {}  {}\n", heading(plain(seen.path)), seen.width, seen.height,
                                 counts(seen, info), times_text(times_of(seen)));
  if (!seen.result.detections.empty()) {
    std::vector<std::vector<std::string>> rows = {{"  LABEL", "CONFIDENCE", "X1", "Y1", "X2", "Y2"}};
    const bool has_masks = !seen.result.masks.empty();
    if (has_masks) rows[0].emplace_back("PIXELS");
    for (std::size_t i = 0; i < seen.result.detections.size(); ++i) {
      const Detection& detection = seen.result.detections[i];
      const Box& box = detection.box;
      rows.push_back({fmt::format("  {}", label_of(info, detection.class_id)),
                      fmt::format("{:.3f}", detection.confidence), fmt::format("{:.1f}", box.x1),
                      fmt::format("{:.1f}", box.y1), fmt::format("{:.1f}", box.x2),
                      fmt::format("{:.1f}", box.y2)});
      if (has_masks) rows.back().push_back(std::to_string(seen.result.masks[i].area()));
    }
    text += table(rows, {1, 2, 3, 4, 5, 6});
  }
  if (!seen.saved.empty()) text += "  saved as " + plain(seen.saved) + "\n";
  return text;
}

/// Pictures on the way through a detector.
class Watcher {
 public:
  Watcher(const Settings& settings, const LoadedModel& loaded, std::string_view task)
      : loaded_(loaded),
        detector_(loaded, settings.has("size") ? settings.integer("size") : 0, settings.flag("rect"), task),
        options_{.confidence = static_cast<float>(settings.number("confidence")),
                 .iou = static_cast<float>(settings.number("iou")),
                 .max_detections = settings.integer("max-detections"),
                 .classes = class_ids(settings.list("classes"), info())} {}

  const ModelInfo& info() const { return loaded_.model->info; }
  /// The session of the square input.
  Session& session() { return detector_.session(detector_.size(), detector_.size()); }

  /// `target`: where the drawn picture goes, "" for nowhere.
  Seen see(const std::string& path, const std::string& target) {
    StopWatch watch;
    Image image = read_picture(path);
    Seen seen{.path = path, .width = image.full_width, .height = image.full_height, .decode_ms = watch.lap()};
    seen.result = detector_.detect(image, options_);
    if (!target.empty()) {
      seen.saved = target;
      for (std::size_t i = seen.result.masks.size(); i-- > 0;)
        draw_mask(image, seen.result.masks[i], class_color(seen.result.detections[i].class_id));
      if (draw_detections(image, seen.result.detections, info().labels) == Labels::left_out)
        spdlog::warn("{}: no font is there, so the boxes have no labels", seen.saved);
      write_image(seen.saved, image);
    }
    return seen;
  }

 private:
  LoadedModel loaded_;
  Detector detector_;
  DetectOptions options_;
};

}  // namespace

int find_in_pictures(const Invocation& invocation, std::string_view task) {
  const Settings& settings = invocation.settings;
  Batch batch{.key = "images", .noun = "pictures"};
  batch.inputs = expand_inputs(invocation.arguments, picture_endings, batch.missing);
  const std::vector<std::string> targets = settings.has("save")
                                               ? saved_paths(settings.text("save"), batch.inputs)
                                               : std::vector<std::string>(batch.inputs.size());
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for(task)));
  Watcher watcher(settings, loaded, task);
  print_choice(settings, loaded);
  batch.work = [&](std::size_t i) {
    const Seen seen = watcher.see(batch.inputs[i], targets[i]);
    return BatchResult{to_json(seen, watcher.info()), to_text(seen, watcher.info())};
  };
  if (settings.flag("profile"))
    batch.finish = [&](json& answer) { add_profile(invocation, watcher.session(), answer); };
  return run_batch(invocation, batch, answer_head(loaded));
}

Command detection_command(std::string_view task, std::string_view summary,
                          int (*run)(const Invocation& invocation)) {
  return {.name = task,
          .summary = summary,
          .arguments = "INPUT...",
          .options = {"model", "confidence", "iou", "max-detections", "classes", "size", "rect", "save",
                      "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
