#pragma once
#include "tasks/streaming/stream_window.hpp"

#include <string_view>
#include <vector>

namespace lp {

/// Whether two words are the same but for case and for marks of ASCII around or in them.
bool is_same_word(std::string_view a, std::string_view b);

/// What two successive hearings of a sound that grows agree on, from its start, is said for good: the longest
/// common prefix, by words. Source: LocalAgreement-2, Machacek et al. 2023, "Turning Whisper into a Real-Time
/// Transcription System", arXiv:2307.14743, section 2.2.
class Agreement {
 public:
  /// The next hearing's words behind those agreed on before. Returns what is agreed on now, as it was heard
  /// last. Words that end later than `settled`, in the same seconds as theirs, are left open: what follows
  /// them may tell otherwise.
  std::vector<StreamWord> add(std::vector<StreamWord> words, double settled);
  /// What is open and ends until then, which is agreed on by that.
  std::vector<StreamWord> take_until(double end);
  /// What the last hearing had besides.
  const std::vector<StreamWord>& open() const { return open_; }

 private:
  std::vector<StreamWord> take(std::size_t count);

  std::vector<StreamWord> open_;
};

}  // namespace lp
