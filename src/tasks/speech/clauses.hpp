#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lp::speech {

/// What is said in one breath.
struct Clause {
  std::string text;  // with its mark
  /// What stands behind its phonemes: "." "?" "!", ", " ": " "; ", " " or nothing.
  std::string_view after;
  bool ends_sentence = false;

  bool operator==(const Clause&) const = default;
};

/// Cuts a text into clauses, one after the other: at . ? ! , : ; before a space or the end, where a point
/// before a small letter is none; at dashes between spaces, three points, empty lines, and marks of other
/// scripts. Clauses are those of espeak-ng, as Piper's voices were trained on them, but for three points,
/// where it makes no pause. A clause without a mark ends between words before 600 bytes. Time is linear in
/// the text.
class ClauseReader {
 public:
  /// How a part of the text is said, such as spoken_english. Called for no more than some thousand bytes
  /// ahead of what was read.
  using Spoken = std::function<std::string(std::string_view)>;

  /// `text`: UTF-8, which must outlive this; what is none becomes U+FFFD.
  explicit ClauseReader(std::string_view text, Spoken spoken = {});

  /// The next one; nothing at the end.
  std::optional<Clause> next();

 private:
  void read_on();
  std::optional<Clause> cut();

  std::string_view rest_;  // not yet spoken
  Spoken spoken_;
  std::string ready_;  // spoken, not yet cut, from at_ on
  std::size_t at_ = 0;
};

}  // namespace lp::speech
