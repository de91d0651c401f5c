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

#include <map>

namespace lp::cli {
namespace {

using nlohmann::json;

/// One picture.
struct Seen {
  ImageSize size;
  double decode_ms = 0, preprocess_ms = 0;
};

BatchResult result_of(const std::string& path, const Seen& picture, const Classification& seen,
                      const Classifier& classifier) {
  const Times times = {{"decode", picture.decode_ms},
                       {"preprocess", picture.preprocess_ms},
                       {"inference", seen.inference_ms},
                       {"postprocess", seen.postprocess_ms}};
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
           {"width", picture.size.full_width},
           {"height", picture.size.full_height},
           {"predictions", predictions},
           {"ms", times_json(times)}},
          fmt::format("{} {}x{}  {}\n", heading(plain(path)), picture.size.full_width,
                      picture.size.full_height, times_text(times)) +
              table(rows, {1})};
}

class ClassifyWork final : public BatchWork {
 public:
  ClassifyWork(const std::vector<std::string>& paths, Classifier& classifier, int most)
      : paths_(paths), classifier_(classifier), most_(most) {}

  InputKind read(std::size_t index) override {
    StopWatch watch;
    image_ = read_picture(paths_[index]);
    waiting_[index] = {.size = size_of(image_), .decode_ms = watch.lap()};
    return classifier_.kind_of(image_);
  }
  void add(std::size_t index, Sample& to) override {
    StopWatch watch;
    classifier_.add(image_, to);
    waiting_.at(index).preprocess_ms = watch.lap();
  }
  void run(Sample& inputs, std::size_t first, std::size_t count) override {
    seen_ = classifier_.classify(inputs, first, count, most_);
  }
  BatchResult result(std::size_t index, std::size_t position) override {
    return result_of(paths_[index], waiting_.at(index), seen_.at(position), classifier_);
  }
  void forget(std::size_t index) override { waiting_.erase(index); }

 private:
  const std::vector<std::string>& paths_;
  Classifier& classifier_;
  int most_;
  Image image_;  // the one that was read last
  std::map<std::size_t, Seen> waiting_;
  std::vector<Classification> seen_;  // by the last run
};

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
  ClassifyWork work(batch.inputs, classifier, settings.integer("top-k"));
  if (settings.flag("profile"))
    batch.finish = [&](json& answer) {
      add_profile(invocation, classifier.session(settings.integer("batch")), answer);
    };
  return run_batch(invocation, batch, work, answer_head(loaded));
}

}  // namespace

Command classify_command() {
  return {.name = "classify",
          .summary = "say what pictures show: the model's classes, or labels of your own",
          .arguments = "INPUT...",
          .options = {"model", "top-k", "labels", "size", "batch", "profile"},
          .least_arguments = 1,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
