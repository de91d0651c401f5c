#include "base/error.hpp"
#include "base/stop_watch.hpp"
#include "base/text.hpp"
#include "cli/batch.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/pictures.hpp"
#include "cli/stop.hpp"
#include "tasks/image_encoder.hpp"
#include "tasks/text_encoder.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Each as the shortest decimal number that is this float; null for what is none.
json numbers(const std::vector<float>& values) {
  json list = json::array();
  for (const float value : values)
    list.push_back(std::isfinite(value) ? json::parse(fmt::format("{}", value)) : json());
  return list;
}

/// "384 numbers: 0.0123, -0.3400, 0.1200, ..."
std::string summary(const std::vector<float>& values) {
  constexpr std::size_t shown = 6;
  std::string text = fmt::format("{} numbers:", values.size());
  for (std::size_t i = 0; i < std::min(values.size(), shown); ++i)
    text += fmt::format("{} {:.4f}", i > 0 ? "," : "", values[i]);
  return text + (values.size() > shown ? ", ..." : "");
}

BatchResult result_of(const char* kind, const std::string& input, const std::vector<float>& embedding,
                      const Times& times) {
  return {{{kind, input},
           {"dimension", embedding.size()},
           {"embedding", numbers(embedding)},
           {"ms", times_json(times)}},
          fmt::format("{}: {}  {}\n", heading(plain(input)), summary(embedding), times_text(times))};
}

constexpr std::size_t most_text = 64'000'000;  // bytes of standard input

/// The texts of --text; those of standard input in the place of a `-`, a line each.
std::vector<std::string> texts_of(const Settings& settings) {
  std::vector<std::string> texts;
  for (const std::string& text : settings.list("text")) {
    if (text != "-") {
      texts.push_back(text);
      continue;
    }
    const std::vector<std::string> lines = lines_of(read_input(most_text));
    texts.insert(texts.end(), lines.begin(), lines.end());
  }
  return texts;
}

/// One picture or text.
struct Waiting {
  double read_ms = 0, prepare_ms = 0;
  ImageSize size;
  TokenizedText text;
};

/// Pictures and texts on the way through those of a model's encoders that they need.
class EmbedWork final : public BatchWork {
 public:
  /// `inputs`: paths, from number `pictures` on texts.
  EmbedWork(const Settings& settings, const LoadedModel& loaded, const std::vector<std::string>& inputs,
            std::size_t pictures)
      : model_(loaded.model), inputs_(inputs), pictures_(pictures) {
    if (pictures > 0)
      images_ = std::make_unique<ImageEncoder>(loaded, settings.has("size") ? settings.integer("size") : 0);
    if (pictures < inputs.size()) texts_ = std::make_unique<TextEncoder>(loaded);
  }

  InputKind read(std::size_t index) override {
    Waiting& waiting = waiting_[index];
    StopWatch watch;
    if (index < pictures_) {
      image_ = read_picture(inputs_[index]);
      waiting.size = size_of(image_);
    } else {
      waiting.text = texts_->tokenize(inputs_[index]);
    }
    waiting.read_ms = watch.lap();
    return index < pictures_ ? images_->kind_of(image_) : texts_->kind_of(waiting.text);
  }

  void add(std::size_t index, Sample& to) override {
    Waiting& waiting = waiting_.at(index);
    StopWatch watch;
    index < pictures_ ? images_->add(image_, to) : texts_->add(waiting.text, to);
    waiting.prepare_ms = watch.lap();
  }

  void run(Sample& inputs, std::size_t first, std::size_t count) override {
    encoded_ = inputs.is_text() ? texts_->run(inputs, first, count) : images_->run(inputs, first, count);
  }

  BatchResult result(std::size_t index, std::size_t position) override {
    const Waiting& waiting = waiting_.at(index);
    return index < pictures_ ? picture(inputs_[index], waiting, encoded_.at(position))
                             : text(inputs_[index], waiting, encoded_.at(position));
  }

  void forget(std::size_t index) override { waiting_.erase(index); }

 private:
  BatchResult picture(const std::string& path, const Waiting& waiting, const Encoded& encoded) const {
    const auto embedding = encoded.outputs.find("embedding");
    if (embedding == encoded.outputs.end())
      fail(Fault::usage, "{}: a model for `{}`, not for `embed`", model_->name, model_->info.task);
    BatchResult result = result_of("path", path, embedding->second,
                                   {{"decode", waiting.read_ms},
                                    {"preprocess", waiting.prepare_ms},
                                    {"inference", encoded.inference_ms}});
    result.document["width"] = waiting.size.full_width;
    result.document["height"] = waiting.size.full_height;
    return result;
  }

  static BatchResult text(const std::string& text, const Waiting& waiting, const Encoded& encoded) {
    const auto& [ids, is_cut] = waiting.text;
    if (is_cut)
      spdlog::warn("`{}`: longer than the model takes, so only its first {} tokens count", shortened(text),
                   ids.size());
    BatchResult result = result_of("text", text, encoded.outputs.at("embedding"),
                                   {{"tokenize", waiting.read_ms}, {"inference", encoded.inference_ms}});
    result.document["tokens"] = ids.size();
    result.document["truncated"] = is_cut;
    return result;
  }

  static std::string shortened(const std::string& text) {
    constexpr std::size_t most = 60;  // bytes; enough to tell texts apart
    return text.size() > most ? text.substr(0, most) + "..." : text;
  }

  std::shared_ptr<const Model> model_;
  const std::vector<std::string>& inputs_;
  std::size_t pictures_;
  std::unique_ptr<ImageEncoder> images_;
  std::unique_ptr<TextEncoder> texts_;
  Image image_;  // the one that was read last
  std::map<std::size_t, Waiting> waiting_;
  std::vector<Encoded> encoded_;  // by the last run
};

Fitting fitting(bool has_pictures, bool has_texts) {
  return {.task = "embed", .accepts = [=](const Manifest& manifest) {
            return manifest.task == "embed" && (!has_pictures || takes(manifest, "image_size")) &&
                   (!has_texts || takes(manifest, "max_tokens"));
          }};
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  Batch batch{.key = "inputs", .noun = "inputs"};
  batch.inputs = expand_inputs(invocation.arguments, picture_endings, batch.missing);
  const std::size_t pictures = batch.inputs.size();
  const std::vector<std::string> texts = texts_of(settings);
  batch.inputs.insert(batch.inputs.end(), texts.begin(), texts.end());
  if (batch.inputs.empty() && batch.missing.empty())
    fail(Fault::usage, "embed: name pictures, or give texts with --text");
  const LoadedModel loaded =
      load_model(settings, find_model_for(settings, fitting(pictures > 0, !texts.empty())));
  EmbedWork work(settings, loaded, batch.inputs, pictures);
  print_choice(settings, loaded);
  if (pictures > 0) warn_of_assumptions(loaded);
  return run_batch(invocation, batch, work, answer_head(loaded));
}

}  // namespace

Command embed_command() {
  return {.name = "embed",
          .summary = "turn pictures or texts into vectors that can be compared",
          .arguments = "[INPUT...]",
          .options = {"model", "text", "size", "batch"},
          .least_arguments = 0,
          .most_arguments = any_number,
          .run = run};
}

}  // namespace lp::cli
