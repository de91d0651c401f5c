#include "cli/calibrate.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "cli/hearing.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/stop.hpp"
#include "media/sound_reader.hpp"
#include "models/config_file.hpp"
#include "tasks/detector.hpp"
#include "tasks/image_encoder.hpp"
#include "tasks/speech_agreement.hpp"
#include "tasks/text_encoder.hpp"

#include <spdlog/spdlog.h>

#include <optional>

namespace lp::cli {
namespace {

/// An embedding this near to the original's, as 1 - cosine, is near enough to have every layer in 8 bits;
/// else more layers may stay in floating numbers than a detector's.
constexpr double encoder_enough = 0.004, encoder_budget = 0.2;

/// More inputs than these tell nothing new; each picture of 640 pixels takes 5 MB while ranges are measured.
constexpr std::size_t most_items = 128;

constexpr std::array<std::string_view, 1> text_endings = {".txt"};

/// The files that --calibrate names: pictures, texts, or both, as the model takes.
std::vector<std::string> data_files(const Settings& settings, const ModelInfo& info) {
  std::vector<std::string_view> endings;
  if (info.image_size > 0) endings.insert(endings.end(), picture_endings.begin(), picture_endings.end());
  if (info.max_tokens > 0) endings.insert(endings.end(), text_endings.begin(), text_endings.end());
  if (info.task == "transcribe") endings.insert(endings.end(), sound_endings.begin(), sound_endings.end());
  std::vector<std::pair<std::string, std::string>> missing;
  const std::vector<std::string> files = expand_inputs(settings.list("calibrate"), endings, missing);
  if (!missing.empty()) fail(Fault::not_found, "--calibrate: {}", missing.front().second);
  if (files.empty())
    fail(Fault::usage,
         "int8 needs real inputs to measure the ranges of values on: --calibrate FOLDER, with some dozens of "
         "{}",
         info.image_size > 0         ? "pictures"
         : info.task == "transcribe" ? "recordings"
                                     : "texts, a line each in .txt files");
  return files;
}

bool is_text(const std::string& path) {
  return path.ends_with(text_endings.front());
}

/// One input to calibrate on: a picture's file, or a line of a text's.
struct Item {
  std::string file;
  std::optional<std::string> line;
};

std::vector<Item> all_items(const std::vector<std::string>& files) {
  std::vector<Item> items;
  for (const std::string& file : files) {
    if (!is_text(file)) {
      items.push_back({file, {}});
      continue;
    }
    for (std::string& line : lines_of(read_text(file))) items.push_back({file, std::move(line)});
  }
  return items;
}

/// At most `most` of the items, evenly spread.
std::vector<Item> some_of(std::vector<Item> items, std::size_t most) {
  if (items.size() <= most) return items;
  spdlog::warn("--calibrate: {} of the {} inputs are used, evenly spread", most, items.size());
  std::vector<Item> some;
  some.reserve(most);
  for (std::size_t i = 0; i < most; ++i) some.push_back(std::move(items[i * items.size() / most]));
  return some;
}

/// Its first half minute. @throws as SoundReader; Error{bad_input} for a sound without samples.
std::vector<float> beginning_of(const std::string& path) {
  constexpr std::size_t most = std::size_t{30} * WhisperModel::rate;
  SoundReader reader = SoundReader::open_file(path, WhisperModel::rate, [] { return stop_signal() != 0; });
  std::vector<float> samples;
  for (bool more = true; more && samples.size() < most;) more = reader.next(samples);
  if (samples.empty()) fail(Fault::bad_input, "{}: the sound has no samples", path);
  samples.resize(std::min(samples.size(), most));
  return samples;
}

/// Frames that sounds are heard in: half of what the model takes, so that silence is not most of what is
/// measured.
int calibration_frames(const ModelInfo& info) {
  return static_cast<int>(models::stored_size(info.config, "positions", 1 << 16)) / 2 * 2;
}

/// Inputs as the model's task makes them.
class SampleMaker {
 public:
  explicit SampleMaker(const Model& model) : model_(model) {}

  /// Nothing for a text without tokens. @throws as the task does.
  std::optional<Sample> make(const Item& item) {
    Sample sample;
    const ModelInfo& info = model_.info;
    if (item.line) {
      if (!tokenizer_) tokenizer_ = tokenizer_of(model_);
      const std::vector<std::int32_t> ids =
          tokenizer_->encode(*item.line, static_cast<std::size_t>(info.max_tokens));
      if (ids.empty()) return {};
      sample.add(ids, info);
      return sample;
    }
    if (info.task == "transcribe") {
      sample.add_sound(beginning_of(item.file), calibration_frames(info));
      return sample;
    }
    const Image image = read_picture(item.file);
    if (finds_boxes(info.task) && info.preprocessing.empty()) {
      sample.add(image, fit(image.width, image.height, info.image_size, info.image_size));
      return sample;
    }
    if (!transform_) transform_ = with_side(image_transform_of(model_), info.image_size);
    sample.add(image, *transform_, info);
    return sample;
  }

 private:
  const Model& model_;
  std::optional<ImageTransform> transform_;
  std::optional<Tokenizer> tokenizer_;
};

/// The digest of each file, in order.
std::vector<std::string> digests_of(const std::vector<Item>& items) {
  std::vector<std::string> digests;
  const std::string* last = nullptr;
  for (const Item& item : items) {
    if (last == nullptr || *last != item.file) digests.push_back(sha256_of_file(item.file));
    last = &item.file;
  }
  return digests;
}

/// same_tokens on some of the sounds.
double heard_alike(const Settings& settings, const LoadedModel& original,
                   const std::shared_ptr<const Model>& quantized, const std::vector<Item>& items) {
  constexpr std::size_t most_heard = 24;
  std::vector<std::vector<float>> sounds;
  for (std::size_t i = 0; i < std::min(items.size(), most_heard); ++i)
    sounds.push_back(beginning_of(items[i * items.size() / std::min(items.size(), most_heard)].file));
  LoadedModel changed = original;
  changed.model = quantized;
  changed.placement = choose_placement(*quantized, settings.text("runtime"), "int8");
  changed.weights = changed.placement.backend->weights(quantized->checkpoint);
  return same_tokens(original, changed, sounds, check_stop);
}

}  // namespace

QuantizedModel quantize_model(const Settings& settings, const std::shared_ptr<const Model>& model) {
  if (model->info.image_size + model->info.max_tokens == 0 && model->info.task != "transcribe")
    fail(Fault::unsupported, "{}: this version makes no int8 of models for `{}`", model->name,
         model->info.task);
  const std::vector<Item> items = some_of(all_items(data_files(settings, model->info)), most_items);
  SampleMaker maker(*model);
  std::vector<Sample> samples;
  for (const Item& item : items) {
    check_stop();
    if (std::optional<Sample> sample = maker.make(item)) samples.push_back(*std::move(sample));
  }
  LoadedModel original{.model = model,
                       .placement = choose_placement(*model, settings.text("runtime"), "f32"),
                       .weights = nullptr,
                       .lane = std::make_shared<Lane>(settings.integer("threads"))};
  original.weights = original.placement.backend->weights(model->checkpoint);
  constexpr std::size_t steps = 100;
  Progress progress(!settings.flag("quiet"), steps);
  std::size_t done = 0;
  CalibrationOptions options;
  if (!finds_boxes(model->info.task)) {
    options.budget = encoder_budget;
    options.enough = encoder_enough;
  }
  options.progress = [&](const std::string& what, double part) {
    check_stop();
    for (; done < static_cast<std::size_t>(part * steps); ++done) progress.step(what);
  };
  QuantizedModel result{.calibrated = calibrate(original, samples, options)};
  const Calibrated& found = result.calibrated;
  const std::vector<std::string> digests = digests_of(items);
  Sha256 sum;
  for (const std::string& digest : digests) sum.add(std::as_bytes(std::span(digest)));
  result.calibration = {{"sha256", sum.finish()}, {"files", digests},       {"items", samples.size()},
                        {"method", found.method}, {"errors", found.errors}, {"kept", found.kept}};
  const bool detects = finds_boxes(model->info.task);
  result.parity = {{"metric", detects ? "answer_error" : "cosine"},
                   {"value", detects ? found.error : 1 - found.error},
                   {"against", "f32, on the calibration data"}};
  if (model->info.task == "transcribe") {
    // What was calibrated is the encoder; who transcribes wants to know what is heard.
    result.parity["encoder_cosine"] = result.parity["value"];
    result.parity["metric"] = "same_tokens";
    result.parity["value"] = heard_alike(settings, original, found.model, items);
  }
  return result;
}

}  // namespace lp::cli
