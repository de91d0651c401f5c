#include "tasks/speech/dictionary.hpp"

#include "base/error.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace lp {
namespace {

std::filesystem::path write(const test::TemporaryFolder& folder, const std::string& text) {
  std::ofstream(folder.path() / "words.dict", std::ios::binary) << text;
  return folder.path() / "words.dict";
}

}  // namespace

TEST_CASE("words are said as the dictionary has them, others are spelled") {
  const test::TemporaryFolder folder;
  const auto words = speech::open_dictionary(write(folder,
                                                   ";;; a comment\n"
                                                   "!EXCLAMATION-POINT  EH2 K S\n"
                                                   "HELLO  HH AH0 L OW1\r\n"
                                                   "hello(2) HH EH0 L OW1\n"
                                                   "world W ER1 L D # a remark\n"
                                                   "it's IH1 T S\n"
                                                   "mother M AH1 DH ER0\n"
                                                   "happy HH AE1 P IY0\n"
                                                   "doorbell D AO1 R B EH2 L\n"
                                                   "odd XX1\n"
                                                   "u.s Y UW1 Z\n"
                                                   "none"));
  CHECK(words->phonemes("Hello, WORLD!") == "həlˈoʊ wˈɜːld");
  CHECK(words->phonemes("It's mother's happy doorbell.") == "ˈɪts mˈʌðɚz hˈæpi dˈɔːɹbˌɛl");
  CHECK(words->phonemes("U.S none odd") == "jˈuːˈɛs ˈɛnˈoʊˈɛnˈiː ˈoʊdˈiːdˈiː");
  CHECK(words->phonemes(" , . -- ' ").empty());
  CHECK(words->phonemes("h\xC3\xA9llo world.hello u.s.") == "həlˈoʊ wˈɜːld həlˈoʊ jˈuːˈɛs");
  CHECK(words->phonemes("hello ж, 1") == "həlˈoʊ ж 1");  // which the voice does not have: it is told of
}

TEST_CASE("a dictionary's own phonemes, for voices that know those") {
  const test::TemporaryFolder folder;
  const auto words =
      speech::open_dictionary(write(folder, "hello HH AH0 L OW1\nmother M AH1 DH ER0 # a remark\nodd XX1\n"),
                              speech::Alphabet::arpabet);
  CHECK(words->phonemes("Hello, mother's hello!") == "HH AH0 L OW1 M AH1 DH ER0 Z HH AH0 L OW1");
  CHECK(words->phonemes("odd") == "OW1 D IY1 D IY1");
}

TEST_CASE("a file that is no dictionary is refused") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(speech::open_dictionary(write(folder, "some text\nof no use\n")),
                       doctest::Contains("no pronunciation dictionary"), Error);
  CHECK_THROWS_WITH_AS(speech::open_dictionary(write(folder, "")),
                       doctest::Contains("no pronunciation dictionary"), Error);
  CHECK_THROWS_AS(speech::open_dictionary(folder.path() / "absent"), Error);
}

}  // namespace lp
