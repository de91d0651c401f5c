#pragma once
#include "base/json.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lp::speech {

/// The numbers that a Piper voice knows phonemes by: `phoneme_id_map` of its config. A phoneme is a code
/// point, accents apart, or several that `vowel_clusters` joins. Source: piper-tts 1.8.0, phoneme_ids.py and
/// phonemize_espeak.py. Where the config's `phoneme_type` is `arpabet`, those of a FastSpeech 2 of Hugging
/// Face: phonemes are apart by blanks, and "<sos/eos>" ends them. Source: transformers 4.46.3,
/// tokenization_fastspeech2_conformer.py.
class PhonemeIds {
 public:
  /// `config`: the voice's .json. @throws Error{bad_model} if it has no map, or one without the
  /// signs around phonemes.
  explicit PhonemeIds(const nlohmann::json& config);

  /// "^ _ p _ h _ $": the start, each phoneme with a pad behind, the end. `phonemes`: UTF-8. Those that the
  /// voice does not have are left out, and added to `unknown`.
  std::vector<std::int32_t> ids(std::string_view phonemes, std::set<std::string>& unknown) const;

 private:
  std::size_t cluster_at(std::u32string_view phonemes) const;
  std::vector<std::int32_t> ids_of_words(std::u32string_view phonemes, std::set<std::string>& unknown) const;

  std::map<std::u32string, std::vector<std::int32_t>, std::less<>> ids_;
  std::vector<std::u32string> clusters_;  // the longest first
  std::vector<std::int32_t> pad_, start_, end_;
  bool are_words_ = false;  // blanks between phonemes
};

}  // namespace lp::speech
