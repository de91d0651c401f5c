#include "cli/spoken_data.hpp"

#include "unit/formats/files.hpp"

#include <doctest/doctest.h>

namespace lp::cli {
namespace {

/// A folder with empty files for sounds.
class Folder {
 public:
  explicit Folder(const std::vector<std::string>& sounds) {
    for (const std::string& sound : sounds) put(sound, "");
  }
  void put(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    test::put_file(folder_.path() / name, text);
  }
  std::string path(const std::string& name = "") const {
    return name.empty() ? folder_.path().string() : (folder_.path() / name).string();
  }
  /// What a list says, as "FILE: TEXT".
  std::vector<std::string> items(const std::string& input = "") const {
    std::vector<std::string> found;
    for (const Spoken& item : read_spoken_data({path(input)}).items)
      found.push_back(item.path.substr(path().size() + 1) + ": " + item.text);
    return found;
  }
  /// What cannot be used, the folder's name left out.
  std::vector<std::string> unusable(const std::string& input = "") const {
    std::vector<std::string> found;
    for (const Unusable& one : read_spoken_data({path(input)}).unusable) {
      std::string why = one.why;
      for (std::size_t at = why.find(path() + "/"); at != std::string::npos; at = why.find(path() + "/"))
        why.erase(at, path().size() + 1);
      found.push_back(why);
    }
    return found;
  }

 private:
  test::TemporaryFolder folder_;
};

using Texts = std::vector<std::string>;

TEST_CASE("transcripts.json: an object or a list") {
  const Folder folder({"a.wav", "b.flac", "sub/c.wav"});
  folder.put("transcripts.json", R"({"a.wav": "one", "b.flac": "two", "sub/c.wav": "three"})");
  CHECK(folder.items() == Texts{"a.wav: one", "b.flac: two", "sub/c.wav: three"});
  CHECK(folder.unusable().empty());
  folder.put("transcripts.json", "\xEF\xBB\xBF[{\"file\": \"./b.flac\", \"text\": \"two\", \"speaker\": 7}]");
  CHECK(folder.items() == Texts{"./b.flac: two"});
  CHECK(folder.unusable() == Texts{"a.wav: no text says what is spoken in it"});
}

TEST_CASE("LibriSpeech: a list in each folder") {
  const Folder folder({"1/2/1-2-0000.flac", "1/2/1-2-0001.flac", "3/4/3-4-0000.wav", "3/4/3-4-0009.wav"});
  folder.put("1/2/1-2.trans.txt", "1-2-0000 HELLO THERE\n1-2-0001 YES\r\n");
  folder.put("3/4/3-4.trans.txt", "3-4-0000 NO\n3-4-0001\n3-4-0002 GONE\n");
  CHECK(folder.items() ==
        Texts{"1/2/1-2-0000.flac: HELLO THERE", "1/2/1-2-0001.flac: YES", "3/4/3-4-0000.wav: NO"});
  CHECK(folder.items("1/2/1-2.trans.txt").size() == 2);
  CHECK(folder.unusable() == Texts{"3/4/3-4-0001.flac: 3-4.trans.txt has no text for it",
                                   "3/4/3-4-0002.flac: no such file, which 3-4.trans.txt names",
                                   "3/4/3-4-0009.wav: no text says what is spoken in it"});
}

TEST_CASE("tables, with names of columns and without") {
  const Folder folder({"a.wav", "clips/b.mp3"});
  folder.put("cv.tsv", "client_id\tpath\tsentence\tage\n7\tb.mp3\t\"Two\" he said\t\n7\ta.wav\tone\t\n");
  CHECK(folder.items("cv.tsv") == Texts{"clips/b.mp3: \"Two\" he said", "a.wav: one"});
  folder.put("plain.csv", "a.wav,\"one, two\"\nb.mp3,three,\nlonely\n");
  CHECK(folder.items("plain.csv") == Texts{"a.wav: one, two", "clips/b.mp3: three"});
  CHECK(folder.unusable("plain.csv") ==
        Texts{"plain.csv:3: a row of 1 cells, in which no file and text can be"});
  folder.put("empty.csv", "\n");
  CHECK(folder.unusable("empty.csv") == Texts{"empty.csv: it is empty"});
}

TEST_CASE("lines of JSON") {
  const Folder folder({"a.wav"});
  folder.put("list.jsonl", R"({"audio_filepath": "a.wav", "text": "one", "duration": 1.5}

{"audio_filepath": "a.wav", "text": 5}
{"text": "nothing"}
{"audio_filepath":
)");
  CHECK(folder.items("list.jsonl") == Texts{"a.wav: one"});
  CHECK(folder.unusable("list.jsonl") ==
        Texts{"a.wav: list.jsonl has no text for it",
              R"(list.jsonl: line 4 names no file ("path", "file", "file_name", "audio", "audio_filepath"))",
              "list.jsonl:5: not a JSON object"});
}

TEST_CASE("what is no list of sounds and texts is one sentence each") {
  const Folder folder({"a.wav"});
  CHECK(read_spoken_data({folder.path()}).unusable.front().why ==
        folder.path() + ": no transcripts.json and no *.trans.txt in it says what is spoken there");
  CHECK(folder.unusable("absent.csv").size() == 1);
  folder.put("latin.csv", "a.wav,caf\xE9\n");
  CHECK(folder.unusable("latin.csv") == Texts{"latin.csv: its text is not UTF-8"});
  folder.put("broken.json", "{\"a.wav\": ");
  CHECK(folder.unusable("broken.json") == Texts{"broken.json: not a JSON object"});
  folder.put("number.json", "7");
  CHECK(folder.unusable("number.json") ==
        Texts{"number.json: neither {\"file\": \"text\"} nor a list of such"});
  CHECK(folder.unusable("a.wav") == Texts{"a.wav: no list of sounds and what is spoken in them "
                                          "(transcripts.json, .jsonl, .csv, .tsv, .trans.txt)"});
  folder.put("transcripts.json", "[");
  CHECK(folder.unusable() ==
        Texts{"transcripts.json: not a JSON object"});  // and not every sound of the folder
}

}  // namespace
}  // namespace lp::cli
