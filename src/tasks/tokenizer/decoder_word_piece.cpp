#include "tasks/tokenizer/decoder.hpp"

#include <array>
#include <utility>

namespace lp::tokenizing {
namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = 0; (found = text.find(what, at)) != std::string_view::npos;
       at = found + what.size()) {
    out += text.substr(at, found - at);
    out += by;
  }
  return out += text.substr(at);
}

/// Spaces that only the tokens had. Source: clean_up_tokenization of transformers, in its order.
std::string cleaned(std::string text) {
  using Pair = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Pair, 11> pairs = {{{" .", "."},
                                           {" ?", "?"},
                                           {" !", "!"},
                                           {" ,", ","},
                                           {" ' ", "'"},
                                           {" n't", "n't"},
                                           {" 'm", "'m"},
                                           {" do not", " don't"},
                                           {" 's", "'s"},
                                           {" 've", "'ve"},
                                           {" 're", "'re"}}};
  for (const auto& [what, by] : pairs) text = replaced(text, what, by);
  return text;
}

}  // namespace

Decoder read_word_piece_decoder(const Part& part) {
  const std::string prefix = part.has("prefix") ? part.text("prefix") : "##";
  const bool cleans = part.flag("cleanup", true);
  return [prefix, cleans](std::vector<std::string> tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0)
        tokens[i] = tokens[i].starts_with(prefix) ? tokens[i].substr(prefix.size()) : " " + tokens[i];
      if (cleans) tokens[i] = cleaned(std::move(tokens[i]));
    }
    return tokens;
  };
}

}  // namespace lp::tokenizing
