#include "base/stop_watch.hpp"
#include "cli/batch.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/profile.hpp"
#include "tasks/classifier.hpp"

#include <fmt/format.h>

namespace lp::cli {
namespace {

using nlohmann::json;

BatchResult result_of(const std::string& path, const Image& image, const Classification& seen,
                      const Times& times, const Classifier& classifier) {
  json predictions = json::array();
  std::vector<std::vector<std::string>> rows = {{"  LABEL", "CONFIDENCE"}};
  for (const Prediction& prediction : seen.predictions) {
    const std::string label = classifier.label(prediction.class_id);
    predictions.push_back({{"class_id", prediction.class_id},
                           {"label", label},
                           {"confidence", rounded(prediction.confidence, 6)}});
    rows.push_back({"  " + label, fmt::format("{:.4f}", prediction.confidence)});
  }
  return {{{"path", path},
           {"width", image.full_width},
           {"height", image.full_height},
           {"predictions", predictions},
           {"ms", times_json(times)}},
          fmt::format("{} {}x{}  {}\n", heading(plain(path)), image.full_width, image.full_height,
                      times_text(times)) +
              table(rows, {1})};
}

/// With labels any model of pictures and texts fits, else those that have classes.
Fitting fitting(bool has_labels) {
  if (!has_labels) return made_for("classify");
  return {.task = "classify --labels", .accepts = [](const Manifest& manifest) {
            return takes(manifest, "image_size") && takes(manifest, "max_tokens");
          }};
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const std::vector<std::string> labels = settings.list("labels");
  Batch batch{.key = "images", .noun = "pictures"};
  batch.inputs = expand_inputs(invocation.arguments, picture_endings, batch.missing);
  const LoadedModel loaded = load_model(settings, find_model_for(settings, fitting(!labels.empty())));
  Classifier classifier(loaded, settings.has("size") ? settings.integer("size") : 0, labels);
  print_choice(settings, loaded);
  warn_of_assumptions(loaded);
  batch.work = [&](std::size_t i, Progress& /*progress*/) {
    StopWatch watch;
    const Image image = read_picture(batch.inputs[i]);
    const double decode_ms = watch.lap();
    const Classification seen = classifier.classify(image, settings.integer("top-k"));
    const Times times = {{"decode", decode_ms},
                         {"preprocess", seen.preprocess_ms},
                         {"inference", seen.inference_ms},
                         {"postprocess", seen.postprocess_ms}};
    return result_of(batch.inputs[i], image, seen, times, classifier);
  };
  if (settings.flag("profile"))
    batch.finish = [&](json& answer) { add_profile(invocation, classifier.session(), answer); };
  return run_batch(invocation, batch, answer_head(loaded));
}

}  // namespace

Command classify_command() {
  return {.name = "classify",
          .summary = "say what pictures show: the model's classes, or labels of your own",
          .arguments = "INPUT...",
          .options = {"model", "top-k", "labels", "size", "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
