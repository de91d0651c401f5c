#include "cli/detection.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "cli/batch.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/profile.hpp"
#include "cli/video_detection.hpp"
#include "cli/videos.hpp"
#include "cli/watcher.hpp"

#include <algorithm>

namespace lp::cli {
namespace {

using nlohmann::json;

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

json to_json(const Seen& seen, const ModelInfo& info) {
  json picture = {{"path", seen.path},
                  {"width", seen.width},
                  {"height", seen.height},
                  {"detections", detections_json(seen.result, info)},
                  {"ms", times_json(times_of(seen))}};
  if (!seen.saved.empty()) picture["saved"] = seen.saved;
  return picture;
}

std::string to_text(const Seen& seen, const ModelInfo& info) {
  std::string text = fmt::format("{} {}x{}: {}  {}\n", heading(plain(seen.path)), seen.width, seen.height,
                                 counts_text(seen.result, info), times_text(times_of(seen)));
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

std::vector<std::string_view> endings() {
  std::vector<std::string_view> all(picture_endings.begin(), picture_endings.end());
  all.insert(all.end(), video_endings.begin(), video_endings.end());
  return all;
}

/// A document needs an end. @throws Error{usage}.
void check_cameras(const Invocation& invocation, const std::vector<std::string>& inputs) {
  if (invocation.json() && !invocation.settings.has("frames") && std::ranges::any_of(inputs, is_camera))
    fail(Fault::usage, "a camera has no end, and one JSON document needs one: give --frames N");
}

/// `target`: where the drawn picture goes, "" for nowhere.
Seen see(Watcher& watcher, const std::string& path, const std::string& target) {
  StopWatch watch;
  Image image = read_picture(path);
  Seen seen{.path = path, .width = image.full_width, .height = image.full_height, .decode_ms = watch.lap()};
  seen.result = watcher.see(image);
  if (!target.empty()) {
    seen.saved = target;
    watcher.draw(image, seen.result, target);
    write_image(target, image);
  }
  return seen;
}

}  // namespace

int find_in_pictures(const Invocation& invocation, std::string_view task) {
  const Settings& settings = invocation.settings;
  Batch batch{.key = "images", .noun = "pictures", .more_keys = {"videos"}};
  batch.inputs = expand_inputs(invocation.arguments, endings(), batch.missing);
  check_cameras(invocation, batch.inputs);
  const std::vector<std::string> targets = settings.has("save")
                                               ? saved_paths(settings.text("save"), batch.inputs)
                                               : std::vector<std::string>(batch.inputs.size());
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for(task)));
  Watcher watcher(settings, loaded, task);
  print_choice(settings, loaded);
  batch.work = [&](std::size_t i, Progress& progress) {
    if (is_video(batch.inputs[i]))
      return find_in_video(invocation, watcher, batch.inputs[i], targets[i], progress);
    const Seen seen = see(watcher, batch.inputs[i], targets[i]);
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
                      "every", "frames", "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
