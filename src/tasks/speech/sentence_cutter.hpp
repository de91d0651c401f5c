#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lp::speech {

/// Cuts a text that is still being written into sentences, so that the first can be spoken before the last is
/// there: behind . ? ! before white space (a point behind a capital and up to two letters is an
/// abbreviation's), behind the wide marks of Chinese and Japanese, at line breaks, and between words before
/// 600 bytes. Nothing of the text is lost but white space between sentences.
class SentenceCutter {
 public:
  /// The next part of the text, UTF-8; may end within a letter.
  void add(std::string_view text) { rest_ += text; }
  /// The next sentence that is complete; `has_ended`: so is all that is left.
  std::optional<std::string> next(bool has_ended);

 private:
  std::string rest_;
};

}  // namespace lp::speech
