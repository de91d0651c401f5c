#include "tasks/text_encoder.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/stop_watch.hpp"

#include <algorithm>

namespace lp {
namespace {

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

/// Where a text that ends with a special token ends: at its first one, as the original models look for it.
std::int32_t end_of(const std::vector<std::int32_t>& ids) {
  return static_cast<std::int32_t>(std::find(ids.begin(), ids.end(), ids.back()) - ids.begin());
}

}  // namespace

int text_bucket(std::size_t tokens, int most) {
  const auto length = static_cast<std::int64_t>(std::max<std::size_t>(tokens, 1));
  const std::int64_t step = length <= 64 ? 16 : length <= 128 ? 32 : length <= 256 ? 64 : 128;
  return static_cast<int>(std::min<std::int64_t>((length + step - 1) / step * step, most));
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

  const auto count = static_cast<std::int32_t>(ids.size());
  const int length = text_bucket(ids.size(), info.max_tokens);
  const bool both = info.image_size > 0;  // a model for pictures and text
  BuildOptions sizes = default_sizes(info);
  sizes.tokens = length;
  Session& net = sessions_.at(sizes, both ? "text" : "");
  watch.lap();  // compiling is once for all texts of this length

  // Which positions count: BERT is told how many, CLIP where the text ends.
  std::int32_t extent = both ? end_of(ids) : count;
  ids.resize(static_cast<std::size_t>(length));
  const std::array inputs = {TensorView{DType::i32, {1, length}, {}, ids.data()},
                             TensorView{DType::i32, {1}, {}, &extent}};
  encoded.embedding = run_to_values(net, inputs).at("embedding");
  encoded.inference_ms = watch.lap();
  return encoded;
}

}  // namespace lp
