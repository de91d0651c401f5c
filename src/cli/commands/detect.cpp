#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/profile.hpp"
#include "cli/stop.hpp"
#include "tasks/detector.hpp"
#include "tasks/draw.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <new>
#include <optional>

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

struct Failure {
  std::string path, type, message;
};

json to_json(const Seen& seen, const ModelInfo& info) {
  json detections = json::array();
  for (const Detection& detection : seen.result.detections)
    detections.push_back({{"class_id", detection.class_id},
                          {"label", label_of(info, detection.class_id)},
                          {"confidence", rounded(detection.confidence, 6)},
                          {"box",
                           {{"x1", rounded(detection.box.x1, 4)},
                            {"y1", rounded(detection.box.y1, 4)},
                            {"x2", rounded(detection.box.x2, 4)},
                            {"y2", rounded(detection.box.y2, 4)}}}});
  json picture = {{"path", seen.path},
                  {"width", seen.width},
                  {"height", seen.height},
                  {"detections", detections},
                  {"ms",
                   {{"decode", rounded(seen.decode_ms, 3)},
                    {"preprocess", rounded(seen.result.ms.preprocess, 3)},
                    {"inference", rounded(seen.result.ms.inference, 3)},
                    {"postprocess", rounded(seen.result.ms.postprocess, 3)}}}};
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
  const DetectTimes& ms = seen.result.ms;
  std::string text = fmt::format(
      "{} {}x{}: {}  (decode {:.1f} ms, preprocess {:.1f}, inference {:.1f}, postprocess {:.1f})\n",
      heading(plain(seen.path)), seen.width, seen.height, counts(seen, info), seen.decode_ms, ms.preprocess,
      ms.inference, ms.postprocess);
  if (!seen.result.detections.empty()) {
    std::vector<std::vector<std::string>> rows = {{"  LABEL", "CONFIDENCE", "X1", "Y1", "X2", "Y2"}};
    for (const Detection& detection : seen.result.detections) {
      const Box& box = detection.box;
      rows.push_back({fmt::format("  {}", label_of(info, detection.class_id)),
                      fmt::format("{:.3f}", detection.confidence), fmt::format("{:.1f}", box.x1),
                      fmt::format("{:.1f}", box.y1), fmt::format("{:.1f}", box.x2),
                      fmt::format("{:.1f}", box.y2)});
    }
    text += table(rows, {1, 2, 3, 4, 5});
  }
  if (!seen.saved.empty()) text += "  saved as " + plain(seen.saved) + "\n";
  return text;
}

/// A batch of pictures on the way through a detector.
class Batch {
 public:
  Batch(const Invocation& invocation, const Found& found)
      : settings_(invocation.settings),
        ready_(make_ready(settings_, found)),
        detector_(ready_.model, ready_.weights, ready_.lane, ready_.placement,
                  settings_.has("size") ? settings_.integer("size") : 0, settings_.flag("rect")),
        options_{.confidence = static_cast<float>(settings_.number("confidence")),
                 .iou = static_cast<float>(settings_.number("iou")),
                 .max_detections = settings_.integer("max-detections"),
                 .classes = class_ids(settings_.list("classes"), info())} {}

  const ModelInfo& info() const { return ready_.model->info; }
  Detector& detector() { return detector_; }

  /// The answer but for its pictures.
  json head() const {
    return {{"model", ready_.model->name},
            {"runtime", ready_.placement.backend->name()},
            {"device", device_name},
            {"precision", lp::name(ready_.placement.precision)},
            {"images", json::array()}};
  }

  /// `target`: where the drawn picture goes, "" for nowhere.
  Seen see(const std::string& path, const std::string& target) {
    const auto start = std::chrono::steady_clock::now();
    Image image = read_picture(path);
    const std::chrono::duration<double, std::milli> decoding = std::chrono::steady_clock::now() - start;
    Seen seen{
        .path = path, .width = image.full_width, .height = image.full_height, .decode_ms = decoding.count()};
    seen.result = detector_.detect(image, options_);
    if (!target.empty()) {
      seen.saved = target;
      if (draw_detections(image, seen.result.detections, info().labels) == Labels::left_out)
        spdlog::warn("{}: no font is there, so the boxes have no labels", seen.saved);
      write_image(seen.saved, image);
    }
    return seen;
  }

 private:
  const Settings& settings_;
  Ready ready_;
  Detector detector_;
  DetectOptions options_;
};

/// "2 of 5 pictures failed: a.jpg, b.jpg", or the one failure's own words.
json error_json(const std::vector<Failure>& failures, std::size_t seen) {
  if (failures.size() == 1 && seen == 0)
    return {{"type", failures[0].type}, {"message", failures[0].message}};
  std::string names;
  for (const Failure& failure : failures) names += (names.empty() ? "" : ", ") + failure.path;
  return {{"type", failures[0].type},
          {"message",
           fmt::format("{} of {} pictures failed: {}", failures.size(), failures.size() + seen, names)}};
}

/// A picture's result, or nothing and the reason in `failure`: the others of the batch go on.
std::optional<Seen> try_to_see(Batch& batch, const std::string& path, const std::string& target,
                               Failure& failure) {
  try {
    return batch.see(path, target);
  } catch (const Error& error) {
    failure = {path, std::string(name(error.fault())), error.what()};
  } catch (const std::bad_alloc&) {
    failure = {path, "out_of_memory", fmt::format("{}: not enough memory", path)};
  } catch (const Stopped&) {
    failure = {path, "stopped", fmt::format("{}: stopped", path)};
  }
  return std::nullopt;
}

/// One run's steps, of the square input.
void add_profile(Batch& batch, bool as_json, json& answer) {
  const int size = batch.detector().size();
  const std::vector<StepProfile> steps = profile(batch.detector().session(size, size));
  if (as_json) {
    answer["profile"] = profile_json(steps);
  } else {
    std::fputs(profile_table(steps).c_str(), stderr);
  }
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  std::vector<std::pair<std::string, std::string>> missing;
  const std::vector<std::string> paths = expand_inputs(invocation.arguments, picture_endings, missing);
  const std::vector<std::string> targets = settings.has("save") ? saved_paths(settings.text("save"), paths)
                                                                : std::vector<std::string>(paths.size());
  Batch batch(invocation, find_model_for(settings, "detect"));
  json answer = batch.head();
  if (!invocation.json() && !settings.has("model"))
    print(fmt::format("model {} on {} in {}\n", answer["model"].get<std::string>(),
                      answer["runtime"].get<std::string>(), answer["precision"].get<std::string>()));
  std::vector<Failure> failures;
  Progress progress(!settings.flag("quiet"), paths.size());
  const auto failed = [&](const Failure& failure) {
    progress.clear();
    spdlog::error("{}", failure.message);
    failures.push_back(failure);
  };
  for (const auto& [argument, why] : missing) failed({argument, std::string(name(Fault::not_found)), why});
  std::size_t seen = 0;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (stop_signal() != 0) break;
    progress.step(plain(paths[i]));
    Failure failure;
    const std::optional<Seen> one = try_to_see(batch, paths[i], targets[i], failure);
    if (!one) {
      failed(failure);
      continue;
    }
    ++seen;
    progress.clear();
    if (invocation.json()) {
      answer["images"].push_back(to_json(*one, batch.info()));
    } else {
      print(to_text(*one, batch.info()));
    }
  }
  const int stopped_by = stop_signal();
  if (settings.flag("profile") && stopped_by == 0) add_profile(batch, invocation.json(), answer);
  for (const Failure& failure : failures)
    answer["errors"].push_back(
        {{"path", failure.path}, {"type", failure.type}, {"message", failure.message}});
  if (!failures.empty()) answer["error"] = error_json(failures, seen);
  if (stopped_by != 0) {
    const std::string text = fmt::format("stopped after {} of {} pictures", seen, paths.size());
    answer["error"] = {{"type", "stopped"}, {"message", text}};
    spdlog::error("{}", text);
  }
  if (invocation.json()) print_json(answer);
  if (stopped_by != 0) return 128 + stopped_by;
  return failures.empty() ? 0 : 1;
}

}  // namespace

Command detect_command() {
  return {.name = "detect",
          .summary = "find things in pictures: boxes, labels, confidences",
          .arguments = "INPUT...",
          .options = {"model", "confidence", "iou", "max-detections", "classes", "size", "rect", "save",
                      "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
