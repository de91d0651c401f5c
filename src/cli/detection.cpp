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
#include <map>
#include <utility>

namespace lp::cli {
namespace {

using nlohmann::json;

/// One picture.
struct Seen {
  std::string path, saved;  // saved: where it is drawn to, "" for nowhere
  ImageSize size;
  double decode_ms = 0, preprocess_ms = 0;
  Image image;  // only where it is drawn
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
                  {"width", seen.size.full_width},
                  {"height", seen.size.full_height},
                  {"detections", detections_json(seen.result, info)},
                  {"ms", times_json(times_of(seen))}};
  if (!seen.saved.empty()) picture["saved"] = seen.saved;
  return picture;
}

std::string to_text(const Seen& seen, const ModelInfo& info) {
  std::string text =
      fmt::format("{} {}x{}: {}  {}\n", heading(plain(seen.path)), seen.size.full_width,
                  seen.size.full_height, counts_text(seen.result, info), times_text(times_of(seen)));
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

class FindWork final : public BatchWork {
 public:
  FindWork(const Invocation& invocation, Watcher& watcher, const std::vector<std::string>& inputs,
           const std::vector<std::string>& targets)
      : invocation_(invocation), watcher_(watcher), inputs_(inputs), targets_(targets) {}

  std::function<BatchResult()> alone(std::size_t index, Progress& progress) override {
    if (!is_video(inputs_[index])) return {};
    return [this, index, &progress] {
      return find_in_video(invocation_, watcher_, inputs_[index], targets_[index], values_left_, progress);
    };
  }

  InputKind read(std::size_t index) override {
    StopWatch watch;
    image_ = read_picture(inputs_[index]);
    Seen& seen = waiting_[index];
    seen = {
        .path = inputs_[index], .saved = targets_[index], .size = size_of(image_), .decode_ms = watch.lap()};
    return watcher_.detector().kind_of(image_);
  }

  void add(std::size_t index, Sample& to) override {
    Seen& seen = waiting_.at(index);
    StopWatch watch;
    watcher_.detector().add(image_, to);
    seen.preprocess_ms = watch.lap();
    if (!seen.saved.empty()) seen.image = std::move(image_);
    kept_bytes_ += seen.image.rgb.size();
  }

  void run(Sample& inputs, std::size_t first, std::size_t count) override {
    inference_ms_ = watcher_.detector().run(inputs, first, count);
  }

  BatchResult result(std::size_t index, std::size_t position) override {
    Seen& seen = waiting_.at(index);
    seen.result = watcher_.seen(position, seen.size);
    seen.result.ms.preprocess = seen.preprocess_ms;
    seen.result.ms.inference = inference_ms_;
    if (!seen.saved.empty()) {
      watcher_.draw(seen.image, seen.result, seen.saved);
      write_image(seen.saved, seen.image);
    }
    if (invocation_.json()) return {.document = to_json(seen, watcher_.info())};
    return {.text = to_text(seen, watcher_.info())};
  }

  void forget(std::size_t index) override {
    const auto seen = waiting_.find(index);
    if (seen == waiting_.end()) return;
    kept_bytes_ -= seen->second.image.rgb.size();
    waiting_.erase(seen);
  }

  std::size_t kept_bytes() const override { return kept_bytes_; }

 private:
  const Invocation& invocation_;
  Watcher& watcher_;
  const std::vector<std::string>&inputs_, &targets_;
  Image image_;  // the one that was read last
  std::map<std::size_t, Seen> waiting_;
  std::size_t kept_bytes_ = 0, values_left_ = most_values;
  double inference_ms_ = 0;
};

}  // namespace

int find_in_pictures(const Invocation& invocation, std::string_view task) {
  const Settings& settings = invocation.settings;
  Batch batch{.key = "images", .noun = "pictures", .more_keys = {"videos"}};
  batch.inputs = expand_inputs(invocation.arguments, endings(), batch.missing);
  check_cameras(invocation, batch.inputs);
  if (std::ranges::any_of(batch.inputs, is_video)) batch.noun = "inputs";
  const std::vector<std::string> targets = settings.has("save")
                                               ? saved_paths(settings.text("save"), batch.inputs)
                                               : std::vector<std::string>(batch.inputs.size());
  const LoadedModel loaded = load_model(settings, find_model_for(settings, made_for(task)));
  Watcher watcher(settings, loaded, task);
  print_choice(settings, loaded);
  FindWork work(invocation, watcher, batch.inputs, targets);
  if (settings.flag("profile"))
    batch.finish = [&](json& answer) {
      add_profile(invocation, watcher.session(settings.integer("batch")), answer);
    };
  return run_batch(invocation, batch, work, answer_head(loaded));
}

Command detection_command(std::string_view task, std::string_view summary,
                          int (*run)(const Invocation& invocation)) {
  return {.name = task,
          .summary = summary,
          .arguments = "INPUT...",
          .options = {"model", "confidence", "iou", "max-detections", "classes", "size", "rect", "batch",
                      "save", "every", "frames", "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
