#include "tasks/text_encoder.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/stop_watch.hpp"

#include <algorithm>

namespace lp {
Tokenizer tokenizer_of(const Model& model) {
  if (model.info.max_tokens == 0)
    fail(Fault::usage, "{}: a model for pictures, which takes no text", model.name);
  if (model.info.tokenizer.empty())
    fail(Fault::bad_model,
         "{}: it has no tokenizer; convert it with the publisher's tokenizer.json beside its weights",
         model.name);
  const std::string file = model.name + ": tokenizer.json";
  return Tokenizer::parse(parse_json(model.info.tokenizer, file), file);
}

TextEncoder::TextEncoder(LoadedModel loaded)
    : sessions_(std::move(loaded)), tokenizer_(tokenizer_of(*sessions_.loaded().model)) {}

EncodedText TextEncoder::encode(std::string_view text) {
  const ModelInfo& info = sessions_.info();
  const auto most = static_cast<std::size_t>(info.max_tokens);
  StopWatch watch;
  std::vector<std::int32_t> ids = tokenizer_.encode(text);
  EncodedText encoded{.embedding = {}, .tokens = std::min(ids.size(), most), .cut = ids.size() > most};
  if (encoded.cut) ids = tokenizer_.encode(text, most);
  if (ids.empty()) fail(Fault::bad_input, "{}: the text is empty", sessions_.loaded().model->name);
  encoded.tokenize_ms = watch.lap();

  input_.fill(std::move(ids), info);
  Session& net = sessions_.at(input_.sizes(), input_.graph());
  watch.lap();  // compiling is once for all texts of this length
  encoded.embedding = run_to_values(net, input_.views()).at("embedding");
  encoded.inference_ms = watch.lap();
  return encoded;
}

}  // namespace lp
