#include "store/archive.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "store/verify.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace lp {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// One entry of an archive that somebody else made.
struct Item {
  std::string path, content;
  unsigned type = AE_IFREG;
  std::string link;
  std::int64_t hole = 0;  // bytes before the content that the archive only counts
};

/// A tar archive of them, with libarchive's own writer; `gzip` packs it.
std::string tar(const std::vector<Item>& items, bool gzip = false) {
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  archive* const writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  if (gzip) archive_write_add_filter_gzip(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  for (const Item& item : items) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, item.path.c_str());
    archive_entry_set_filetype(entry, item.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(item.content.size()) + item.hole);
    if (item.hole > 0)
      archive_entry_sparse_add_entry(entry, item.hole, static_cast<la_int64_t>(item.content.size()));
    if (!item.link.empty() && item.type == AE_IFLNK) archive_entry_set_symlink(entry, item.link.c_str());
    if (!item.link.empty() && item.type == AE_IFREG) archive_entry_set_hardlink(entry, item.link.c_str());
    archive_write_header(writer, entry);
    const std::string data = std::string(static_cast<std::size_t>(item.hole), '\0') + item.content;
    archive_write_data(writer, data.data(), data.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

std::string digest(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

/// A manifest of files that hold these texts.
Item manifest(const std::string& name, const std::vector<std::pair<std::string, std::string>>& files,
              const json& more = json::object()) {
  json list = json::array();
  for (const auto& [path, text] : files)
    list.push_back({{"path", path}, {"size", text.size()}, {"sha256", digest(text)}});
  json fields = {
      {"task", "detect"},
      {"formats",
       {{{"format", "other"}, {"precision", "F32"}, {"path", files.front().first}, {"files", list}}}}};
  fields.update(more);
  return {name + "/manifest.json", fields.dump()};
}

struct Fixture {
  fs::path home = fs::temp_directory_path() / ("lp-archive-test-" + std::to_string(::getpid()));
  Store store{home};
  Fixture() { fs::remove_all(home); }
  ~Fixture() { fs::remove_all(home); }

  std::vector<Unpacked> read(std::string bytes) const {
    return read_archive(store, "x.tar",
                        [bytes = std::move(bytes), at = std::size_t{0}](std::span<std::byte> to) mutable {
                          const std::size_t size = std::min(to.size(), bytes.size() - at);
                          std::memcpy(to.data(), bytes.data() + at, size);
                          at += size;
                          return size;
                        });
  }
  std::string pack(const std::vector<std::string>& names, const std::function<void()>& poll = [] {}) const {
    std::string bytes;
    write_archive(
        store, names,
        [&](std::span<const std::byte> part) {
          bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
        },
        poll);
    return bytes;
  }
  /// Takes all models of an archive into the store.
  void take(const std::string& bytes) const {
    for (const Unpacked& model : read(bytes))
      store.add(model.name, model.manifest, model.manifest.formats, *model.staging);
  }
  /// Why it is refused; nothing of it may stay.
  std::string refusal(const std::string& bytes) const {
    std::string why = "accepted";
    try {
      read(bytes);
    } catch (const Error& error) {
      why = error.what();
    }
    CHECK((!fs::exists(home / "incoming") || fs::is_empty(home / "incoming")));
    CHECK_FALSE(fs::exists(home / "models"));
    return why;
  }
  std::string refusal(const std::vector<Item>& items) const { return refusal(tar(items)); }
};

/// A manifest of artefacts, each a precision, its path, and its files with their texts.
struct Listed {
  std::string precision, path;
  std::vector<std::pair<std::string, std::string>> files;
};
Item manifest_of(const std::string& name, const std::vector<Listed>& artefacts) {
  json formats = json::array();
  for (const Listed& artefact : artefacts) {
    json files = json::array();
    for (const auto& [path, text] : artefact.files)
      files.push_back({{"path", path}, {"size", text.size()}, {"sha256", digest(text)}});
    formats.push_back(
        {{"format", "other"}, {"precision", artefact.precision}, {"path", artefact.path}, {"files", files}});
  }
  return {name + "/manifest.json", json{{"formats", formats}}.dump()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::vector<std::pair<std::string, std::string>> two = {{"a/x", "one"}, {"a/y", "two"}};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "archive: out and in again, byte for byte") {
  const std::vector<Unpacked> models = read(tar({manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}}));
  REQUIRE(models.size() == 1);
  CHECK(models.front().name == "m");
  CHECK(read_text(models.front().staging->folder() / "a/y") == "two");
  store.add("m", models.front().manifest, models.front().manifest.formats, *models.front().staging);
  const std::string first = pack({"m"});
  store.remove("m");
  const std::vector<Unpacked> again = read(first);
  store.add("m", again.front().manifest, again.front().manifest.formats, *again.front().staging);
  store.add("n", again.front().manifest, {}, *again.front().staging);
  CHECK(pack({"m"}) == first);
  CHECK_THROWS_AS(pack({"n"}), Error);  // a manifest and nothing else
  std::ofstream(home / "models/m/a/x") << "two";
  CHECK_THROWS_AS(pack({"m"}), Error);
}

TEST_CASE_FIXTURE(Fixture, "archive: exactly what the manifest names") {
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "one"}}), "`m/a/y` is missing"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}, {"m/z", ""}}),
            "not in the manifest"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "one"}, {"m/a/x", "one"}}), "comes twice"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "ONE"}}), "has the SHA-256"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "more"}}), "has 4 bytes, but the manifest says 3"));
  CHECK(has(refusal({{"m/a/x", "one"}, manifest("m", two)}), "comes before m/manifest.json"));
  CHECK(has(refusal({manifest("m", two), manifest("n", two)}), "is missing"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}, manifest("m", two)}),
            "not in the manifest"));
  CHECK(has(refusal(std::vector<Item>{}), "no"));
}

TEST_CASE_FIXTURE(Fixture, "archive: nothing leads out of the store") {
  for (const char* path : {"/etc/x", "../x", "m/../../x", "m/./x", "m", "..", "m/a\\x", ".m/x", "m/\x01"})
    CHECK_MESSAGE(refusal({manifest("m", two), {path, "one"}}) != "accepted", path);
  CHECK(has(refusal({manifest("m", {{"../../x", "one"}})}), "none inside the model's folder"));
  CHECK(has(refusal({manifest("m", {{"/etc/x", "one"}})}), "none inside the model's folder"));
  CHECK(has(refusal({manifest("m", {{"manifest.json", "one"}})}), "manifest of `m` lists `manifest.json`"));
  for (const unsigned type : {AE_IFLNK, AE_IFCHR, AE_IFBLK, AE_IFIFO, AE_IFDIR})
    CHECK(has(refusal({manifest("m", two), {"m/a/x", "", type, "/etc/passwd"}}), "no regular file"));
  CHECK(has(refusal({manifest("m", two), {"m/a/x", "", AE_IFREG, "/etc/passwd"}}), "no regular file"));
}

TEST_CASE_FIXTURE(Fixture, "archive: sizes are bounded before anything is written") {
  const auto sized = [](const json& size) {
    return Item{"m/manifest.json",
                json{{"formats",
                      {{{"format", "gguf"},
                        {"path", "x"},
                        {"files", {{{"path", "x"}, {"size", size}, {"sha256", std::string(64, 'a')}}}}}}}}
                    .dump()};
  };
  CHECK(has(refusal({sized(1'000'000'000'000'000)}), "needs 1000000000.0 MB"));
  CHECK(has(refusal({sized(~std::uint64_t{0})}), "sizes that cannot be"));
  CHECK(has(refusal({manifest("m", two, {{"notes", std::string(1 << 20, 'x')}})}), "larger than 1 MB"));
  CHECK(has(refusal({sized(-1), {"m/x", "one"}}), "has 3 bytes, but the manifest says 0"));
  CHECK(
      has(refusal({{"m/manifest.json", R"({"formats": [{"format": "gguf", "path": "x", "files": ["x"]}]})"}}),
          "without a SHA-256"));
  CHECK(has(refusal({{"m/manifest.json", R"({"formats": []})"}}), "lists no files"));
  CHECK(has(refusal({manifest_of("m", {{"F32", "x", {{"x", "one"}}}, {"F16", "x", {}}}), {"m/x", "one"}}),
            "lists no files of other F16"));
  CHECK(has(refusal({{"m/manifest.json", "{"}}), "not a JSON object"));
}

TEST_CASE_FIXTURE(Fixture, "archive: the sum of all sizes is bounded, and so is the number of models") {
  // Each one may be, all together not; and nothing overflows.
  json files = json::array();
  for (int i = 0; i < 8; ++i)
    files.push_back(
        {{"path", "x" + std::to_string(i)}, {"size", 1ULL << 49U}, {"sha256", std::string(64, 'a')}});
  const json fields = {{"formats", {{{"format", "gguf"}, {"path", "x0"}, {"files", files}}}}};
  CHECK(has(refusal({{"m/manifest.json", fields.dump()}}), "sizes that cannot be"));
  std::vector<Item> many;
  for (int i = 0; i < 257; ++i) {
    const std::string name = "m" + std::to_string(i);
    many.push_back(manifest(name, {{"x", ""}}));
    many.push_back({name + "/x", ""});
  }
  CHECK(has(refusal(many), "more than 256 models"));
  many.resize(2 * 256);
  CHECK(read(tar(many)).size() == 256);
  CHECK_THROWS_AS(pack(std::vector<std::string>(257, "m")), Error);
}

TEST_CASE_FIXTURE(Fixture, "archive: no holes") {
  const std::string whole = std::string(100'000, '\0') + "end";
  const Item sparse{.path = "m/x", .content = "end", .hole = 100'000};
  CHECK(has(refusal({manifest("m", {{"x", whole}}), sparse}), "is sparse"));
  CHECK(has(refusal({{.path = "m/manifest.json", .content = "{}", .hole = 100'000}}), "is sparse"));
  CHECK(read(tar({manifest("m", {{"x", whole}}), {"m/x", whole}})).size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "archive: files that artefacts share go out and in once") {
  const Item about = manifest_of(
      "m", {{"F32", "a", {{"a", "one"}, {"s", "both"}}}, {"F16", "b", {{"b", "two"}, {"s", "both"}}}});
  take(tar({about, {"m/a", "one"}, {"m/b", "two"}, {"m/s", "both"}}));
  const std::string bytes = pack({"m"});
  store.remove("m");
  take(bytes);
  take(bytes);  // onto itself, too
  CHECK(pack({"m"}) == bytes);
  CHECK(read_text(home / "models/m/s") == "both");
  store.remove("m");
  fs::remove_all(home);
  const Item torn = manifest_of(
      "m", {{"F32", "a", {{"a", "one"}, {"s", "both"}}}, {"F16", "b", {{"b", "two"}, {"s", "else"}}}});
  CHECK(has(refusal({torn}), "twice, as two different files"));
}

TEST_CASE_FIXTURE(Fixture, "archive: names of any characters and lengths go out and in") {
  const std::string odd = "größe/モデル", lengthy = std::string(200, 'd') + "/" + std::string(240, 'f'),
                    name(128, 'n');
  std::string deep;
  while (deep.size() < 1000) deep += "0123456789/";
  deep += "x";
  const std::vector<std::pair<std::string, std::string>> files = {
      {odd, "one"}, {lengthy, "two"}, {deep, "three"}};
  {
    const Unpacked made{.name = name, .manifest = parse_manifest(manifest(name, files).content, "m")};
    const Staging staging = store.stage(name);
    for (const auto& [path, text] : files) {
      FileWriter writer(staging.folder() / path);
      writer.write(text);
      writer.commit();
    }
    store.add(name, made.manifest, made.manifest.formats, staging);
  }
  const std::string bytes = pack({name});
  store.remove(name);
  take(bytes);
  CHECK(read_text(home / "models" / name / odd) == "one");
  CHECK(pack({name}) == bytes);
}

TEST_CASE_FIXTURE(Fixture, "archive: what is written is what was compared") {
  take(tar({manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}}));
  int calls = 0;
  const std::string bytes = pack({"m"}, [&] {
    if (++calls != 3) return;  // the first file has been measured
    std::ofstream(home / "other") << "ONE";
    fs::rename(home / "other", home / "models/m/a/x");
  });
  CHECK(calls > 3);
  CHECK(read_text(home / "models/m/a/x") == "ONE");
  store.remove("m");
  take(bytes);
  CHECK(read_text(home / "models/m/a/x") == "one");
}

TEST_CASE_FIXTURE(Fixture, "archive: what `import` would refuse, `export` does") {
  const auto refused = [&](const std::string& text, const std::string& words) {
    fs::create_directories(home / "models/m");
    std::ofstream(home / "models/m/manifest.json") << text;
    std::ofstream(home / "models/m/a") << "one";
    try {
      pack({"m"});
      return false;
    } catch (const Error& error) {
      CAPTURE(error.what());
      return has(error.what(), words);
    }
  };
  CHECK(refused(R"({"formats": []})", "nothing of it but its manifest"));
  CHECK(refused(manifest_of("m", {{"F32", "b", {{"a", "one"}}}}).content, "its own path"));
  CHECK(refused(manifest_of("m", {{"F32", "a", {{"a", "one"}}}, {"float32", "a", {{"a", "one"}}}}).content,
                "is listed twice"));
  CHECK(refused(manifest("m", {{"a", "one"}}, {{"notes", std::string(1 << 20, 'x')}}).content,
                "larger than 1 MB"));
}

TEST_CASE_FIXTURE(Fixture, "archive: no compression, no other format, no broken ones") {
  const std::vector<Item> whole = {manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}};
  CHECK(has(refusal(tar(whole, true)), "no archive that `export` wrote"));
  CHECK(refusal(std::string("PK\x03\x04")) != "accepted");
  CHECK(refusal(std::string(5000, 'x')) != "accepted");
  CHECK(refusal(std::string()) != "accepted");
  const std::string bytes = tar(whole);
  for (std::size_t end = 0; end < bytes.size() - 1024; end += 256) {
    CAPTURE(end);
    if (end <= 512 * 7) CHECK(refusal(bytes.substr(0, end)) != "accepted");  // before the last file's content
  }
}

TEST_CASE_FIXTURE(Fixture, "verify: what is wrong is named") {
  const std::vector<Unpacked> models = read(tar({manifest("m", two), {"m/a/x", "one"}, {"m/a/y", "two"}}));
  store.add("m", models.front().manifest, models.front().manifest.formats, *models.front().staging);
  const auto report = [&] { return compare_files(open_files(store, "m"), [] {}); };
  const auto wrong = [&] { return report().artefacts.front().wrong; };
  CHECK(wrong().empty());
  CHECK(report().unlisted.empty());
  CHECK(report().first_wrong().empty());
  std::ofstream(home / "models/m/a/x") << "two";
  REQUIRE(wrong().size() == 1);
  CHECK(has(wrong().front(), "its SHA-256 is"));
  std::ofstream(home / "models/m/a/x") << "longer";
  CHECK(has(wrong().front(), "6 bytes, but the manifest says 3"));
  fs::remove(home / "models/m/a/x");
  fs::create_symlink("/etc/hostname", home / "models/m/a/x");
  CHECK(has(wrong().front(), "a link leads out"));
  fs::remove(home / "models/m/a/x");
  fs::remove(home / "models/m/a/y");
  CHECK(wrong().size() == 2);
  CHECK(report().first_wrong() == wrong().front());
  fs::create_directories(home / "models/m/a/y");
  CHECK(has(wrong().back(), "not a regular file"));
  fs::remove(home / "models/m/a/y");
  std::ofstream(home / "models/m/a/notes") << "mine";
  CHECK(report().unlisted == std::vector<std::string>{"a/notes"});
  std::ofstream(home / "models/m/manifest.json") << R"({"task": "detect", "formats": []})";
  CHECK(has(report().first_wrong(), "nothing of it but its manifest"));
}

}  // namespace lp
