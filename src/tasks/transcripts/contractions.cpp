#include "tasks/transcripts/contractions.hpp"

#include "tasks/transcripts/characters.hpp"

#include <array>
#include <span>

namespace lp::transcripts {
namespace {

struct Replacement {
  std::u32string_view text, instead;
};

// One after the other: what one puts in, the next may take out.
constexpr std::array<Replacement, 35> whole_words = {{
    {U"won't", U"will not"},      {U"can't", U"can not"},     {U"let's", U"let us"},
    {U"ain't", U"aint"},          {U"y'all", U"you all"},     {U"wanna", U"want to"},
    {U"gotta", U"got to"},        {U"gonna", U"going to"},    {U"i'ma", U"i am going to"},
    {U"imma", U"i am going to"},  {U"woulda", U"would have"}, {U"coulda", U"could have"},
    {U"shoulda", U"should have"}, {U"ma'am", U"madam"},       {U"mr", U"mister "},
    {U"mrs", U"missus "},         {U"st", U"saint "},         {U"dr", U"doctor "},
    {U"prof", U"professor "},     {U"capt", U"captain "},     {U"gov", U"governor "},
    {U"ald", U"alderman "},       {U"gen", U"general "},      {U"sen", U"senator "},
    {U"rep", U"representative "}, {U"pres", U"president "},   {U"rev", U"reverend "},
    {U"hon", U"honorable "},      {U"asst", U"assistant "},   {U"assoc", U"associate "},
    {U"lt", U"lieutenant "},      {U"col", U"colonel "},      {U"jr", U"junior "},
    {U"sr", U"senior "},          {U"esq", U"esquire "},
}};
constexpr std::array<Replacement, 14> endings = {{
    {U"'d been", U" had been"},
    {U"'s been", U" has been"},
    {U"'d gone", U" had gone"},
    {U"'s gone", U" has gone"},
    {U"'d done", U" had done"},
    {U"'s got", U" has got"},
    {U"n't", U" not"},
    {U"'re", U" are"},
    {U"'s", U" is"},
    {U"'d", U" would"},
    {U"'ll", U" will"},
    {U"'t", U" not"},
    {U"'ve", U" have"},
    {U"'m", U" am"},
}};
constexpr std::array<std::u32string_view, 6> fillers = {U"hmm", U"mm", U"mhm", U"mmm", U"uh", U"um"};

enum class Begins { anywhere, at_word };

std::u32string replaced(std::u32string_view text, const Replacement& replacement, Begins begins) {
  std::u32string out;
  std::size_t done = 0;
  for (std::size_t at = text.find(replacement.text); at != text.npos;) {
    const std::size_t end = at + replacement.text.size();
    const bool whole = (begins == Begins::anywhere || is_boundary(text, at)) && is_boundary(text, end);
    if (whole) {
      out.append(text.substr(done, at - done)).append(replacement.instead);
      done = end;
    }
    at = text.find(replacement.text, whole ? end : at + 1);
  }
  return out.append(text.substr(done));
}

std::u32string replaced_all(std::u32string text, std::span<const Replacement> replacements, Begins begins) {
  for (const Replacement& replacement : replacements) text = replaced(text, replacement, begins);
  return text;
}

}  // namespace

std::u32string without_contractions(std::u32string_view text) {
  return replaced_all(replaced_all(std::u32string(text), whole_words, Begins::at_word), endings,
                      Begins::anywhere);
}

std::u32string without_fillers(std::u32string_view text) {
  std::u32string out(text);  // each is a word by itself, so that their order does not matter
  for (const std::u32string_view filler : fillers) out = replaced(out, {filler, {}}, Begins::at_word);
  return out;
}

}  // namespace lp::transcripts
