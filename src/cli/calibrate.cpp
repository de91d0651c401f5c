#include "cli/calibrate.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/stop.hpp"
#include "tasks/image_encoder.hpp"
#include "tasks/text_encoder.hpp"

#include <spdlog/spdlog.h>

#include <sstream>

namespace lp::cli {
namespace {

/// Transformers' values have outliers that 256 levels of one step serve badly: more of their layers stay in
/// floating numbers than of a detector's.
constexpr double encoder_budget = 0.2;

constexpr std::array<std::string_view, 1> text_endings = {".txt"};

/// The files that --calibrate names: pictures, texts, or both, as the model takes.
std::vector<std::string> data_files(const Settings& settings, const ModelInfo& info) {
  std::vector<std::string_view> endings;
  if (info.image_size > 0) endings.insert(endings.end(), picture_endings.begin(), picture_endings.end());
  if (info.max_tokens > 0) endings.insert(endings.end(), text_endings.begin(), text_endings.end());
  std::vector<std::pair<std::string, std::string>> missing;
  const std::vector<std::string> files = expand_inputs(settings.list("calibrate"), endings, missing);
  if (!missing.empty()) fail(Fault::not_found, "--calibrate: {}", missing.front().second);
  if (files.empty())
    fail(Fault::usage,
         "int8 needs real inputs to measure the ranges of values on: --calibrate FOLDER, with some dozens of "
         "{}",
         info.image_size > 0 ? "pictures" : "texts, a line each in .txt files");
  return files;
}

bool is_text(const std::string& path) {
  return path.ends_with(text_endings.front());
}

class Samples {
 public:
  explicit Samples(const Settings& settings, const Model& model)
      : info_(model.info), files_(data_files(settings, model.info)) {
    if (info_.image_size > 0 && info_.task != "detect")
      transform_ = with_side(image_transform_of(model), info_.image_size);
    for (const std::string& file : files_) {
      check_stop();
      is_text(file) ? add_lines(model, file) : add_picture(file);
    }
  }

  std::vector<Sample>& all() { return samples_; }

  /// The digest of each file, in order.
  std::vector<std::string> digests() const {
    std::vector<std::string> all;
    for (const std::string& file : files_) all.push_back(sha256_of_file(file));
    return all;
  }

 private:
  void add_picture(const std::string& file) {
    const Image image = read_picture(file);
    Sample& sample = samples_.emplace_back();
    if (transform_) {
      sample.fill(image, *transform_, info_);
    } else {
      sample.fill(image, fit(image.width, image.height, info_.image_size, info_.image_size));
    }
  }

  void add_lines(const Model& model, const std::string& file) {
    if (!tokenizer_) tokenizer_ = tokenizer_of(model);
    std::istringstream lines(read_text(file));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty())
        samples_.emplace_back().fill(tokenizer_->encode(line, static_cast<std::size_t>(info_.max_tokens)),
                                     info_);
  }

  const ModelInfo& info_;
  std::vector<std::string> files_;
  std::optional<ImageTransform> transform_;
  std::optional<Tokenizer> tokenizer_;
  std::vector<Sample> samples_;
};

}  // namespace

QuantizedModel quantize_model(const Settings& settings, std::shared_ptr<const Model> model) {
  Samples samples(settings, *model);
  LoadedModel original{.model = model,
                       .placement = choose_placement(*model, settings.text("runtime"), "f32"),
                       .weights = nullptr,
                       .lane = std::make_shared<Lane>(settings.integer("threads"))};
  original.weights = original.placement.backend->weights(model->checkpoint);
  constexpr std::size_t steps = 100;
  Progress progress(!settings.flag("quiet"), steps);
  std::size_t done = 0;
  CalibrationOptions options;
  if (model->info.task != "detect") options.budget = encoder_budget;
  options.progress = [&](const std::string& what, double part) {
    check_stop();
    for (; done < static_cast<std::size_t>(part * steps); ++done) progress.step(what);
  };
  QuantizedModel result{.calibrated = calibrate(original, samples.all(), options)};
  const Calibrated& found = result.calibrated;
  const std::vector<std::string> digests = samples.digests();
  Sha256 sum;
  for (const std::string& digest : digests) sum.add(std::as_bytes(std::span(digest)));
  result.calibration = {{"sha256", sum.finish()}, {"files", digests},       {"items", samples.all().size()},
                        {"method", found.method}, {"errors", found.errors}, {"kept", found.kept}};
  const bool detects = model->info.task == "detect";
  result.parity = {{"metric", detects ? "answer_error" : "cosine"},
                   {"value", detects ? found.error : 1 - found.error},
                   {"against", "f32, on the calibration data"}};
  return result;
}

}  // namespace lp::cli
