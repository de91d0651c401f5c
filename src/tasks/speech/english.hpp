#pragma once
#include <string>
#include <string_view>

namespace lp::speech {

/// English text as it is said: numbers, dates, times, money, units, abbreviations, addresses of the net and
/// signs become words; words and punctuation stay. "Dr. Ng paid $3.50 on 5/1/2024." -> "Doctor Ng paid three
/// dollars and fifty cents on May first, twenty twenty four." What has letters and dots is spelled: "U.S.A".
/// `text`: UTF-8; what is none becomes U+FFFD. Time is linear in its length. The rules are in
/// english_rules.cpp, the words in english_words.cpp, what they do in tests/speech/english.test.
std::string spoken_english(std::string_view text);

}  // namespace lp::speech
