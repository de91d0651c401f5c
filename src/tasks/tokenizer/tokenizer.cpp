#include "tasks/tokenizer/tokenizer.hpp"

#include "base/files.hpp"
#include "base/json.hpp"
#include "tasks/tokenizer/added_tokens.hpp"
#include "tasks/tokenizer/decoder.hpp"
#include "tasks/tokenizer/normalizer.hpp"
#include "tasks/tokenizer/post_processor.hpp"
#include "tasks/tokenizer/pre_tokenizer.hpp"
#include "tasks/tokenizer/token_model.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <limits>

namespace lp {

using namespace tokenizing;

struct Tokenizer::Parts {
  Normalizer normalizer;  // these three may be empty
  PreTokenizer pre_tokenizer;
  Decoder decoder;
  std::unique_ptr<TokenModel> model;
  AddedTokens added;
  Frame frame;

  explicit Parts(const Part& file)
      : normalizer(file.has("normalizer") ? read_normalizer(file.part("normalizer")) : nullptr),
        pre_tokenizer(file.has("pre_tokenizer") ? read_pre_tokenizer(file.part("pre_tokenizer")) : nullptr),
        decoder(file.has("decoder") ? read_decoder(file.part("decoder")) : nullptr),
        model(read_token_model(file.part("model"))),
        added(file, model->vocabulary(), normalizer),
        frame(file.has("post_processor") ? read_post_processor(file.part("post_processor")) : Frame{}) {}

  std::vector<Word> words(Segment segment) const {
    std::vector<Word> words;
    Word whole{std::move(segment.text), segment.first};
    if (pre_tokenizer)
      pre_tokenizer(whole, words);
    else
      words.push_back(std::move(whole));
    return words;
  }

  /// Null if no token has the id.
  const std::string* token(std::int32_t id) const {
    if (const AddedToken* const found = added.find(id)) return &found->content;
    return model->vocabulary().token(id);
  }
};

Tokenizer Tokenizer::open(const std::filesystem::path& path) {
  return parse(parse_json(read_text(path), path.string()), path.string());
}

Tokenizer Tokenizer::parse(const nlohmann::json& tokenizer_json, const std::string& file) {
  return Tokenizer(std::make_shared<const Parts>(Part(tokenizer_json, file)));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, std::size_t max_tokens) const {
  if (max_tokens > 0 && max_tokens < special_count())
    fail(Fault::bad_input,
         "at most {} tokens were asked for, but the tokenizer's special tokens alone are {}", max_tokens,
         special_count());
  const std::size_t most =
      max_tokens > 0 ? max_tokens - special_count() : std::numeric_limits<std::size_t>::max();
  std::vector<std::int32_t> ids = encode_up_to(text, most);
  ids.insert(ids.begin(), parts_->frame.before.begin(), parts_->frame.before.end());
  ids.insert(ids.end(), parts_->frame.behind.begin(), parts_->frame.behind.end());
  return ids;
}

std::vector<std::int32_t> Tokenizer::encode_plain(std::string_view text) const {
  return encode_up_to(text, std::numeric_limits<std::size_t>::max());
}

std::vector<std::int32_t> Tokenizer::encode_up_to(std::string_view text, std::size_t most) const {
  std::vector<std::int32_t> ids;
  for (Segment& segment : parts_->added.cut(valid_utf8(text), parts_->normalizer)) {
    if (ids.size() >= most) break;
    if (segment.id) {
      ids.push_back(*segment.id);
      continue;
    }
    for (const Word& word : parts_->words(std::move(segment))) {
      if (ids.size() >= most) break;
      parts_->model->tokenize(word.text, ids);
    }
  }
  if (ids.size() > most) ids.resize(most);
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    const AddedToken* const added = parts_->added.find(id);
    if (skip_special && added != nullptr && added->special) continue;
    if (const std::string* const token = parts_->token(id)) tokens.push_back(*token);
  }
  const bool decodes = parts_->decoder != nullptr;
  if (decodes) tokens = parts_->decoder(std::move(tokens));
  std::string text;
  for (const std::string& token : tokens) {
    if (!decodes && !text.empty()) text += ' ';
    text += token;
  }
  return text;
}

std::optional<std::int32_t> Tokenizer::id(std::string_view token) const {
  const auto added = parts_->added.id(token);
  return added ? added : parts_->model->vocabulary().id(token);
}

std::optional<std::string> Tokenizer::token(std::int32_t id) const {
  const std::string* const token = parts_->token(id);
  return token != nullptr ? std::optional(*token) : std::nullopt;
}

std::size_t Tokenizer::size() const {
  return parts_->model->vocabulary().size() + parts_->added.beyond_model();
}

std::size_t Tokenizer::special_count() const {
  return parts_->frame.before.size() + parts_->frame.behind.size();
}

}  // namespace lp
