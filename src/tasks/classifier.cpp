#include "tasks/classifier.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "models/config_file.hpp"
#include "tasks/text_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lp {
namespace {

bool takes_both(const ModelInfo& info) {
  return info.image_size > 0 && info.max_tokens > 0;
}

void check_fits(const Model& model, bool has_labels) {
  const ModelInfo& info = model.info;
  if (has_labels && !takes_both(info))
    fail(Fault::usage, "{}: --labels needs a model for pictures and texts, such as CLIP; this one is {}",
         model.name, info.family);
  if (!has_labels && takes_both(info))
    fail(Fault::usage, "{}: say what to choose from: --labels \"a cat,a dog\"", model.name);
  if (!has_labels && info.task != "classify")
    fail(Fault::usage, "{}: a model for `{}`, not for `classify`", model.name, info.task);
}

}  // namespace

std::vector<Prediction> top_predictions(std::span<const float> logits, int most) {
  if (logits.empty()) return {};
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - highest);
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto count = std::min(order.size(), static_cast<std::size_t>(std::max(most, 0)));
  const auto at = [&](int i) { return logits[static_cast<std::size_t>(i)]; };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](int a, int b) { return at(a) > at(b) || (at(a) == at(b) && a < b); });
  std::vector<Prediction> predictions;
  predictions.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    predictions.push_back({order[i], static_cast<float>(std::exp(at(order[i]) - highest) / sum)});
  return predictions;
}

Classifier::Classifier(const LoadedModel& loaded, int side, const std::vector<std::string>& labels)
    : encoder_((check_fits(*loaded.model, !labels.empty()), loaded), side),
      labels_(labels.empty() ? loaded.model->info.labels : labels) {
  if (!takes_both(loaded.model->info)) return;
  TextEncoder texts(loaded);
  const auto scale = static_cast<float>(models::config_number(loaded.model->info.config, "scale", 100.0));
  for (const std::string& label : labels_) {
    const TokenizedText text = texts.tokenize(label);
    if (text.cut)
      fail(Fault::bad_input, "the label `{}` is longer than the {} tokens that the model takes", label,
           text.ids.size());
    texts_.push_back(texts.encode(text));
    for (float& value : texts_.back()) value *= scale;
  }
}

std::string Classifier::label(int class_id) const {
  const auto i = static_cast<std::size_t>(class_id);
  return i < labels_.size() ? labels_[i] : std::to_string(class_id);
}

std::vector<float> Classifier::logits(const Encoded& encoded) const {
  if (texts_.empty()) return encoded.outputs.at("logits");
  const std::vector<float>& picture = encoded.outputs.at("embedding");
  std::vector<float> logits;
  logits.reserve(texts_.size());
  for (const std::vector<float>& text : texts_)
    logits.push_back(std::inner_product(picture.begin(), picture.end(), text.begin(), 0.0F));
  return logits;
}

std::vector<Classification> Classifier::classify(Sample& inputs, std::size_t first, std::size_t count,
                                                 int most) {
  std::vector<Classification> results;
  for (const Encoded& encoded : encoder_.run(inputs, first, count)) {
    StopWatch watch;
    Classification& result = results.emplace_back();
    result.predictions = top_predictions(logits(encoded), most);
    result.inference_ms = encoded.inference_ms;
    result.postprocess_ms = watch.lap();
  }
  return results;
}

}  // namespace lp
