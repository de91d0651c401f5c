#include "tasks/tokenizer/decoder.hpp"

#include "tasks/tokenizer/byte_alphabet.hpp"
#include "tasks/tokenizer/pre_tokenizer.hpp"
#include "tasks/tokenizer/regex.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <array>

namespace lp::tokenizing {
namespace {

using Texts = std::vector<std::string>;

std::string joined(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out += text;
  return out;
}

Decoder read_byte_level_decoder(const Part&) {
  return [](const Texts& tokens) -> Texts {
    std::string bytes;
    for (const std::string& token : tokens) bytes += characters_as_bytes(token).value_or(token);
    return {valid_utf8(bytes)};
  };
}

/// The suffix of a word's last token becomes a space, at the end of the text nothing.
Decoder read_bpe_decoder(const Part& part) {
  const std::string suffix = part.has("suffix") ? part.text("suffix") : "</w>";
  return [end = Regex(literal_pattern(suffix), part.where())](Texts tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = end.replace(tokens[i], i + 1 < tokens.size() ? " " : "");
    return tokens;
  };
}

Decoder read_fuse(const Part&) {
  return [](const Texts& tokens) -> Texts { return {joined(tokens)}; };
}

Decoder read_metaspace_decoder(const Part& part) {
  const bool prepended = read_prepend_scheme(part) != Prepend::never;
  return [mark = part.character("replacement"), prepended](Texts tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::string out;
      for (const char32_t c : code_points(tokens[i])) {
        if (c != mark)
          append(out, c);
        else if (i > 0 || !prepended)
          out += ' ';
      }
      tokens[i] = out;
    }
    return tokens;
  };
}

Decoder read_replace_decoder(const Part& part) {
  return [pattern = Regex::read(part, "pattern"), content = part.text("content")](Texts tokens) {
    for (std::string& token : tokens) token = pattern.replace(token, content);
    return tokens;
  };
}

/// Takes up to `start` and `stop` of one character from the two ends of each token.
Decoder read_strip_decoder(const Part& part) {
  constexpr std::int64_t most = 1'000'000;
  const char32_t content = part.character("content");
  const auto start = static_cast<std::size_t>(part.whole("start", most));
  const auto stop = static_cast<std::size_t>(part.whole("stop", most));
  return [=](Texts tokens) {
    for (std::string& token : tokens) {
      const std::u32string points = code_points(token);
      std::size_t begin = 0, end = points.size();
      while (begin < end && begin < start && points[begin] == content) ++begin;
      while (end > begin && points.size() - end < stop && points[end - 1] == content) --end;
      token = utf8(std::u32string_view(points).substr(begin, end - begin));
    }
    return tokens;
  };
}

Decoder read_sequence(const Part& part) {
  std::vector<Decoder> steps;
  for (const Part& step : part.parts("decoders")) steps.push_back(read_decoder(step));
  return [steps](Texts tokens) {
    for (const Decoder& step : steps) tokens = step(std::move(tokens));
    return tokens;
  };
}

constexpr std::array<Kind<Decoder>, 9> kinds = {{{"BPEDecoder", read_bpe_decoder},
                                                 {"ByteFallback", read_byte_fallback_decoder},
                                                 {"ByteLevel", read_byte_level_decoder},
                                                 {"Fuse", read_fuse},
                                                 {"Metaspace", read_metaspace_decoder},
                                                 {"Replace", read_replace_decoder},
                                                 {"Sequence", read_sequence},
                                                 {"Strip", read_strip_decoder},
                                                 {"WordPiece", read_word_piece_decoder}}};

}  // namespace

Decoder read_decoder(const Part& part) {
  return read_kind<Decoder>(part, kinds);
}

}  // namespace lp::tokenizing
