#include "tasks/speech/dictionary.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "tasks/tokenizer/unicode.hpp"
#include "tasks/tokenizer/utf8.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

namespace lp::speech {
namespace {

constexpr std::size_t largest_dictionary = 64U << 20U;  // bytes; CMU's has 4 MB

struct Sound {
  std::string_view arpabet, ipa;
};

/// Source: the phoneme set of CMU's dictionary 0.7b; IPA as espeak-ng 1.51 writes the same words for en-us.
constexpr std::array<Sound, 39> sounds = {
    {{"AA", "ɑː"}, {"AE", "æ"}, {"AH", "ʌ"}, {"AO", "ɔː"}, {"AW", "aʊ"}, {"AY", "aɪ"}, {"B", "b"},
     {"CH", "tʃ"}, {"D", "d"},  {"DH", "ð"}, {"EH", "ɛ"},  {"ER", "ɜː"}, {"EY", "eɪ"}, {"F", "f"},
     {"G", "ɡ"},   {"HH", "h"}, {"IH", "ɪ"}, {"IY", "iː"}, {"JH", "dʒ"}, {"K", "k"},   {"L", "l"},
     {"M", "m"},   {"N", "n"},  {"NG", "ŋ"}, {"OW", "oʊ"}, {"OY", "ɔɪ"}, {"P", "p"},   {"R", "ɹ"},
     {"S", "s"},   {"SH", "ʃ"}, {"T", "t"},  {"TH", "θ"},  {"UH", "ʊ"},  {"UW", "uː"}, {"V", "v"},
     {"W", "w"},   {"Y", "j"},  {"Z", "z"},  {"ZH", "ʒ"}}};
/// Vowels that sound otherwise without stress.
constexpr std::array<Sound, 3> unstressed = {{{"AH", "ə"}, {"ER", "ɚ"}, {"IY", "i"}}};

/// Names of the letters a to z.
constexpr std::array<std::string_view, 26> letters = {
    "ˈeɪ",   "bˈiː", "sˈiː", "dˈiː", "ˈiː",        "ˈɛf",  "dʒˈiː", "ˈeɪtʃ", "ˈaɪ",
    "dʒˈeɪ", "kˈeɪ", "ˈɛl",  "ˈɛm",  "ˈɛn",        "ˈoʊ",  "pˈiː",  "kjˈuː", "ˈɑːɹ",
    "ˈɛs",   "tˈiː", "jˈuː", "vˈiː", "dˈʌbəljˌuː", "ˈɛks", "wˈaɪ",  "zˈiː"};

constexpr std::array<std::string_view, 26> arpabet_letters = {"EY1",
                                                              "B IY1",
                                                              "S IY1",
                                                              "D IY1",
                                                              "IY1",
                                                              "EH1 F",
                                                              "JH IY1",
                                                              "EY1 CH",
                                                              "AY1",
                                                              "JH EY1",
                                                              "K EY1",
                                                              "EH1 L",
                                                              "EH1 M",
                                                              "EH1 N",
                                                              "OW1",
                                                              "P IY1",
                                                              "K Y UW1",
                                                              "AA1 R",
                                                              "EH1 S",
                                                              "T IY1",
                                                              "Y UW1",
                                                              "V IY1",
                                                              "D AH1 B AH0 L Y UW0",
                                                              "EH1 K S",
                                                              "W AY1",
                                                              "Z IY1"};

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

/// The next part of a line up to white space, which is taken away; "" at its end.
std::string_view take_part(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  const std::string_view part = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(part.size());
  return part;
}

/// "AH0" -> "ə", "AH1" -> "ˈʌ"; nothing for what is no phoneme.
std::optional<std::string> ipa(std::string_view phoneme) {
  const char last = phoneme.back();
  const bool has_stress = last >= '0' && last <= '2';
  if (has_stress) phoneme.remove_suffix(1);
  const auto named = [phoneme](const Sound& sound) { return sound.arpabet == phoneme; };
  if (has_stress && last == '0')
    if (const auto* const found = std::find_if(unstressed.begin(), unstressed.end(), named);
        found != unstressed.end())
      return std::string(found->ipa);
  const auto* const found = std::find_if(sounds.begin(), sounds.end(), named);
  if (found == sounds.end()) return std::nullopt;
  return std::string(last == '1' ? "ˈ" : last == '2' ? "ˌ" : "") + std::string(found->ipa);
}

bool is_letter(char32_t c) {
  return c >= U'a' && c <= U'z';
}

/// In lower case, Latin letters without their marks.
std::u32string plain_letters(std::string_view text) {
  std::u32string plain = tokenizing::code_points(
      tokenizing::normal_form(tokenizing::valid_utf8(text), tokenizing::NormalForm::nfd));
  std::erase_if(plain, tokenizing::is_mark);
  for (char32_t& c : plain)
    if (c >= U'A' && c <= U'Z') c += U'a' - U'A';
  return plain;
}

/// Whether what stands here belongs to a word that began at `first` and goes on: the apostrophe of "it's",
/// and the point of "u.s", which stands between single letters.
bool joins(std::u32string_view text, std::size_t first, std::size_t at) {
  if (at == first || at + 1 >= text.size() || !is_letter(text[at + 1])) return false;
  if (text[at] == U'\'') return true;
  const auto is_letter_at = [&](std::size_t i) { return i < text.size() && is_letter(text[i]); };
  const bool after_one = at == first + 1 || text[at - 2] == U'.';
  return text[at] == U'.' && after_one && !is_letter_at(at + 2);
}

class Dictionary final : public Phonemizer {
 public:
  Dictionary(const std::filesystem::path& path, Alphabet alphabet)
      : is_arpabet_(alphabet == Alphabet::arpabet) {
    const MappedFile file(path);
    if (file.bytes().size() > largest_dictionary)
      fail(Fault::bad_input, "{}: larger than a pronunciation dictionary may be, {} MB", path.string(),
           largest_dictionary >> 20U);
    std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    while (!rest.empty()) {
      add(rest.substr(0, rest.find('\n')));
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    if (words_.empty())
      fail(Fault::bad_input, "{}: no pronunciation dictionary; its lines are not as in CMU's: `word W ER1 D`",
           path.string());
  }

  std::string phonemes(std::string_view clause) override {
    const std::u32string text = plain_letters(clause);
    std::string all;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      while (end < text.size() && (is_letter(text[end]) || joins(text, at, end))) ++end;
      std::string sound;
      if (end > at)
        sound = said(tokenizing::utf8(text.substr(at, end - at)));
      else if (tokenizing::is_word(text[end++]))
        sound = tokenizing::utf8(text.substr(at, 1));  // that no voice has: it is told of
      if (!sound.empty()) all.append(all.empty() ? "" : " ").append(sound);
      at = end;
    }
    return all;
  }

 private:
  /// A line of the file. Other pronunciations, `word(2)`, signs and what cannot be read are passed over.
  void add(std::string_view line) {
    if (line.starts_with(";;;")) return;
    line = line.substr(0, line.find('#'));
    const std::string word = lower(take_part(line));
    if (word.empty() || !is_letter(word.front()) || word.ends_with(')')) return;
    std::string spoken;
    for (std::string_view part = take_part(line); !part.empty(); part = take_part(line)) {
      const std::optional<std::string> sound = ipa(part);
      if (!sound) return;
      if (is_arpabet_ && !spoken.empty()) spoken += ' ';
      spoken += is_arpabet_ ? part : *sound;
    }
    if (!spoken.empty()) words_.emplace(word, spoken);
  }

  std::string said(const std::string& word) const {
    const bool is_spelled = word.find('.') != std::string::npos;  // CMU's says "u.s" as "use"
    if (const auto found = words_.find(word); found != words_.end() && !is_spelled) return found->second;
    if (word.ends_with("'s"))
      if (const auto found = words_.find(word.substr(0, word.size() - 2)); found != words_.end())
        return found->second + (is_arpabet_ ? " Z" : "z");
    std::string spelled;
    for (const char c : word) {
      if (!is_letter(c)) continue;
      if (is_arpabet_ && !spelled.empty()) spelled += ' ';
      spelled += (is_arpabet_ ? arpabet_letters : letters)[static_cast<std::size_t>(c - 'a')];
    }
    return spelled;
  }

  bool is_arpabet_;

  std::unordered_map<std::string, std::string> words_;
};

}  // namespace

std::unique_ptr<Phonemizer> open_dictionary(const std::filesystem::path& path, Alphabet alphabet) {
  return std::make_unique<Dictionary>(path, alphabet);
}

}  // namespace lp::speech
