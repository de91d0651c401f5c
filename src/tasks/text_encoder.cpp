#include "tasks/text_encoder.hpp"

#include "base/error.hpp"
#include "base/json.hpp"

#include <utility>

namespace lp {
Tokenizer tokenizer_of(const Model& model) {
  if (model.info.tokenizer.empty())
    fail(Fault::bad_model,
         "{}: it has no tokenizer; convert it with the publisher's tokenizer.json beside its weights",
         model.name);
  const std::string file = model.name + ": tokenizer.json";
  return Tokenizer::parse(parse_json(model.info.tokenizer, file), file);
}

TextEncoder::TextEncoder(LoadedModel loaded)
    : sessions_(std::move(loaded)), tokenizer_([&] {
        const Model& model = *sessions_.loaded().model;
        if (model.info.max_tokens == 0)
          fail(Fault::usage, "{}: a model for {}, which takes no text", model.name,
               model.info.image_size > 0 ? "pictures" : "sound");
        return tokenizer_of(model);
      }()) {}

TokenizedText TextEncoder::tokenize(std::string_view text) const {
  const auto most = static_cast<std::size_t>(sessions_.info().max_tokens);
  TokenizedText tokenized{.ids = tokenizer_.encode(text)};
  tokenized.cut = tokenized.ids.size() > most;
  if (tokenized.cut) tokenized.ids = tokenizer_.encode(text, most);
  if (tokenized.ids.empty()) fail(Fault::bad_input, "{}: the text is empty", sessions_.loaded().model->name);
  return tokenized;
}

std::vector<Encoded> TextEncoder::run(Sample& inputs, std::size_t first, std::size_t count) {
  return run_encoder(sessions_, inputs, first, count);
}

std::vector<float> TextEncoder::encode(const TokenizedText& text) {
  input_.clear();
  add(text, input_);
  return std::move(run(input_, 0, 1).front().outputs.at("embedding"));
}

}  // namespace lp
