#pragma once
#include "tasks/speech/phonemizer.hpp"

#include <filesystem>
#include <memory>

namespace lp::speech {

/// How phonemes are written: as espeak-ng writes American English, or as CMU's dictionary does, a blank
/// between them.
enum class Alphabet { ipa, arpabet };

/// English by a pronunciation dictionary in the form of CMU's (cmudict.dict, cmudict-0.7b; BSD), for machines
/// without espeak-ng: a line `word P1 P2 ...` of ARPABET phonemes, the first pronunciation of each word.
/// Words that are not in it are spelled.
/// @throws Error{not_found, io}; Error{bad_input} if there is no such line in the file, or it is larger than
/// 64 MB.
std::unique_ptr<Phonemizer> open_dictionary(const std::filesystem::path& path,
                                            Alphabet alphabet = Alphabet::ipa);

}  // namespace lp::speech
