#include "store/store.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "store/lock.hpp"
#include "support/environment_variable.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace lp {
namespace {

namespace fs = std::filesystem;

std::vector<Artefact> one(Artefact artefact) {
  return {std::move(artefact)};
}

/// A store in a temporary folder.
struct Fixture {
  fs::path home = fs::temp_directory_path() / ("lp-store-test-" + std::to_string(::getpid()));
  Store store{home};
  Fixture() { fs::remove_all(home); }
  ~Fixture() { fs::remove_all(home); }

  void put(const std::string& name, const std::string& precision, const std::string& content) const {
    const Staging staging = store.stage(name);
    const std::string path = "gguf/" + precision + "/model.gguf";
    FileWriter writer(staging.folder() / path);
    writer.write(content);
    writer.commit();
    store.add(
        name, {.model_id = name, .task = "detect"},
        one({.format = "gguf", .precision = precision, .path = path, .files = {{path, content.size(), ""}}}),
        staging);
  }
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((home / path).parent_path());
    std::ofstream(home / path) << text;
  }
};

template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "store: add, replace, choose, remove") {
  CHECK(store.names().empty());
  put("yolo", "F32", "one");
  put("yolo", "BF16", "two");
  CHECK(store.names() == std::vector<std::string>{"yolo"});
  CHECK(store.manifest("yolo").formats.size() == 2);
  put("yolo", "F32", "three");  // the rest of the model stays
  CHECK(store.manifest("yolo").formats.size() == 2);
  CHECK(read_text(home / "models/yolo/gguf/F32/model.gguf") == "three");
  CHECK(read_text(home / "models/yolo/gguf/BF16/model.gguf") == "two");
  CHECK(store.choose_gguf("yolo", "auto").precision == "F32");
  CHECK(store.choose_gguf("yolo", "bfloat16").precision == "BF16");
  CHECK(store.choose_gguf("yolo", "int8").precision == "F32");
  CHECK(read_text(store.artefact_path("yolo", store.choose_gguf("yolo", "bf16"))) == "two");
  store.remove("yolo");
  CHECK(store.names().empty());
  CHECK_FALSE(fs::exists(home / "models/yolo"));
  CHECK(fs::is_empty(home / "incoming"));
}

TEST_CASE_FIXTURE(Fixture, "store: what is not there is named, with the nearest") {
  CHECK(refusal([&] { store.manifest("yolo"); }) ==
        "no model `yolo`: the store " + home.string() + " is empty");
  put("yolov8n", "F32", "one");
  CHECK(refusal([&] { store.remove("yolov8"); }) ==
        "no model `yolov8` in the store " + home.string() + "; nearest is `yolov8n`");
  CHECK(refusal([&] { store.folder("../x"); }).find("cannot be a model's name") != std::string::npos);
  CHECK_FALSE(store.contains("../models/yolov8n"));
}

TEST_CASE_FIXTURE(Fixture, "store: nothing half written is seen") {
  {
    const Staging staging = store.stage("yolo");
    write("incoming/x", "");
    CHECK(store.names().empty());
    // An artefact that lists a file that was never written changes nothing.
    CHECK(refusal([&] {
            store.add("yolo", {},
                      one({.format = "gguf", .precision = "F32", .path = "m", .files = {{"m", 1, ""}}}),
                      staging);
          }) != "accepted");
    CHECK(store.names().empty());
  }
  put("yolo", "F32", "one");
  fs::create_directories(home / "models/empty");
  write("models/.hidden/manifest.json", "{}");
  CHECK(store.names() == std::vector<std::string>{"yolo"});
}

TEST_CASE_FIXTURE(Fixture, "store: a manifest cannot lead out") {
  write("secret", "x");
  write("models/evil/manifest.json",
        R"({"formats": [{"format": "gguf", "precision": "F32", "path": "../../secret"}]})");
  CHECK(refusal([&] { store.manifest("evil"); }).find("is none inside the model's folder") !=
        std::string::npos);
  // Nor can a link.
  write("models/link/manifest.json",
        R"({"formats": [{"format": "gguf", "precision": "F32", "path": "gguf/model.gguf"}]})");
  fs::create_directory_symlink(home, home / "models/link/gguf");
  write("model.gguf", "x");
  CHECK(refusal([&] {
          store.artefact_path("link", store.choose_gguf("link", "auto"));
        }).find("a link leads out") != std::string::npos);
  CHECK(refusal([&] { put("link", "F32", "one"); }) != "accepted");
  store.remove("link");  // takes the link, not what it points at
  CHECK(fs::exists(home / "secret"));
  store.remove("evil");
}

TEST_CASE_FIXTURE(Fixture, "store: a missing file and a broken manifest are one sentence") {
  put("yolo", "F32", "one");
  fs::remove(home / "models/yolo/gguf/F32/model.gguf");
  CHECK(refusal([&] { store.artefact_path("yolo", store.choose_gguf("yolo", "auto")); }).find("not there") !=
        std::string::npos);
  write("models/broken/manifest.json", "{");
  CHECK(refusal([&] { store.manifest("broken"); }).find("not a JSON object") != std::string::npos);
  CHECK(refusal([&] { store.choose_gguf("broken", "auto"); }).find("not a JSON object") != std::string::npos);
  store.remove("broken");
}

TEST_CASE_FIXTURE(Fixture, "store: writers take turns, readers always see a whole manifest") {
  put("yolo", "F32", "start");
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) CHECK(store.manifest("yolo").formats.size() >= 1);
  });
  const auto writer = [&](int number) {
    for (int i = 0; i < 8; ++i) {
      const std::string precision = "Q" + std::to_string(number) + "_" + std::to_string(i),
                        path = "gguf/" + precision + "/model.gguf";
      const Staging staging = store.stage(precision);
      FileWriter file(staging.folder() / path);
      file.write("x");
      file.commit();
      store.add("yolo", {.model_id = "yolo"},
                one({.format = "gguf", .precision = precision, .path = path, .files = {{path, 1, ""}}}),
                staging);
    }
  };
  std::thread first(writer, 1), second(writer, 2);
  first.join();
  second.join();
  done = true;
  reader.join();
  CHECK(store.manifest("yolo").formats.size() == 17);
}

TEST_CASE_FIXTURE(Fixture, "store: what the manifest knew stays where the newcomer says nothing") {
  write("models/yolo/manifest.json", R"({"task": "detect", "license": "MIT", "labels": ["dog"],
    "architecture": {"family": "yolov8", "variant": "n", "notes": "mine"}, "source": {"sha256": "ab"},
    "generated_at": "2026-01-01"})");
  put("yolo", "F32", "one");
  Manifest kept = store.manifest("yolo");
  CHECK(kept.license == "MIT");
  CHECK(kept.labels == std::vector<std::string>{"dog"});
  CHECK(kept.source["sha256"] == "ab");
  CHECK(kept.architecture["notes"] == "mine");
  CHECK(kept.more["generated_at"] == "2026-01-01");
  const Staging staging = store.stage("yolo");
  write(fs::relative(staging.folder(), home) / "m", "x");
  const Manifest about{.model_id = "yolo",
                       .task = "detect",
                       .architecture = {{"family", "yolov8"}, {"variant", "s"}},
                       .labels = {"cat"},
                       .license = "Apache-2.0",
                       .source = {{"sha256", "cd"}}};
  store.add("yolo", about, one({.format = "gguf", .precision = "F16", .path = "m", .files = {{"m", 1, ""}}}),
            staging);
  kept = store.manifest("yolo");
  CHECK(kept.license == "Apache-2.0");
  CHECK(kept.labels == std::vector<std::string>{"cat"});
  CHECK(kept.source["sha256"] == "cd");
  CHECK(kept.architecture["variant"] == "s");
  CHECK(kept.architecture["notes"] == "mine");
  CHECK(kept.formats.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "store: a name is one task and family") {
  put("yolo", "F32", "one");
  const auto check = [&](const Manifest& about) {
    return refusal([&] { store.check_addable("yolo", about); });
  };
  CHECK(check({.task = "detect", .architecture = {{"family", "yolov8"}}}) == "accepted");
  CHECK(
      check({.task = "classify"}) ==
      "yolo: the model of this name in the store has the task `detect`, not `classify`; choose another name");
  CHECK(refusal([&] { store.check_addable("other", {.task = "classify"}); }) == "accepted");
  const Staging staging = store.stage("yolo");
  CHECK(refusal([&] {
          store.add("yolo", {.task = "classify"}, one({.format = "gguf", .path = "m"}), staging);
        }) != "accepted");
  CHECK(store.manifest("yolo").task == "detect");
}

TEST_CASE_FIXTURE(Fixture, "store: files of what was replaced go, unless something else has them") {
  write("models/yolo/manifest.json", R"({"formats": [
    {"format": "gguf", "precision": "float16", "path": "old/half/m",
     "files": ["old/half/m", "old/half/deep/x", "shared", "notes"]},
    {"format": "gguf", "precision": "F32", "path": "full", "files": ["full", "shared"]}]})");
  for (const char* file : {"old/half/m", "old/half/deep/x", "shared", "full", "old/mine"})
    write(fs::path("models/yolo") / file, file);
  write("notes", "not the model's");
  fs::create_symlink(home / "notes", home / "models/yolo/notes");
  put("yolo", "F16", "new");
  const fs::path root = home / "models/yolo";
  CHECK(read_text(root / "gguf/F16/model.gguf") == "new");
  CHECK_FALSE(fs::exists(root / "old/half"));
  CHECK(read_text(root / "old/mine") == "old/mine");
  CHECK(read_text(root / "shared") == "shared");
  CHECK(read_text(root / "full") == "full");
  CHECK(read_text(home / "notes") == "not the model's");
  CHECK(store.manifest("yolo").formats.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "store: an artefact cannot take another one's files") {
  const std::string a(64, 'a'), b(64, 'b');
  const auto added = [&](const std::string& precision, std::vector<StoredFile> files) {
    return refusal([&] {
      const Staging staging = store.stage("m");
      for (const StoredFile& file : files) write(fs::relative(staging.folder(), home) / file.path, precision);
      const std::string path = files.front().path;
      store.add("m", {.model_id = "m"},
                one({.format = "other", .precision = precision, .path = path, .files = std::move(files)}),
                staging);
    });
  };
  CHECK(added("F32", {{"x", 3, a}, {"shared", 3, a}}) == "accepted");
  CHECK(added("F16", {{"x", 3, b}}) ==
        "m: the file `x` of other F16 is that of other F32 in the store; choose another name");
  CHECK(added("F16", {{"y", 3, b}, {"shared", 4, a}}) != "accepted");
  CHECK(added("F16", {{"y", 3, ""}, {"shared", 3, ""}}) != "accepted");
  CHECK(read_text(home / "models/m/x") == "F32");
  CHECK(added("F16", {{"y", 3, b}, {"shared", 3, a}}) == "accepted");  // the same bytes are no harm
  CHECK(added("F32", {{"x", 3, b}}) == "accepted");                    // its own may change
  CHECK(fs::exists(home / "models/m/shared"));
  CHECK(added("BF16", {{"manifest.json", 3, a}}) == "m: lists its manifest as a file");
  // One that lists no files has what its path is or holds.
  write("models/n/manifest.json",
        R"({"formats": [{"format": "coreml", "precision": "F16", "path": "c//p/"}]})");
  const Manifest about{.formats = one({.format = "gguf", .path = "c/p/x", .files = {{"c/p/x", 1, a}}})};
  CHECK(refusal([&] { store.check_addable("n", about); }).find("is that of coreml F16") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "store: whoever reads writes nothing") {
  put("yolo", "F32", "one");
  fs::remove_all(home / "incoming");
  fs::remove(home / "lock");
  bool looked = false;
  store.while_still([&] { looked = true; });
  CHECK(looked);
  CHECK_FALSE(fs::exists(home / "lock"));
  CHECK_FALSE(fs::exists(home / "incoming"));
  const fs::path nowhere = home / "nowhere";
  Store(nowhere).while_still([] {});
  CHECK_FALSE(fs::exists(nowhere));
}

TEST_CASE_FIXTURE(Fixture, "store: whoever reads waits for a writer") {
  const StoreLock writer(home);
  int calls = 0;
  const Store impatient(home, [&] {
    if (++calls == 2) throw std::runtime_error("given up");
  });
  CHECK_THROWS_WITH_AS(impatient.while_still([] {}), "given up", std::runtime_error);
}

TEST_CASE_FIXTURE(Fixture, "store: a folder without a manifest can be removed") {
  fs::create_directories(home / "models/empty/gguf");
  CHECK(refusal([&] { store.check_removable("empty"); }) == "accepted");
  store.remove("empty");
  CHECK_FALSE(fs::exists(home / "models/empty"));
  CHECK(refusal([&] { store.check_removable("empty"); }) != "accepted");
  CHECK(refusal([&] { store.check_removable("../models"); }).find("no model") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "store: staging folders are one's own") {
  const Staging first = store.stage("yolo");
  std::ofstream(first.folder() / "x") << "x";
  {
    const Staging second = store.stage("yolo");
    CHECK(second.folder() != first.folder());
  }
  CHECK(fs::exists(first.folder() / "x"));
}

TEST_CASE_FIXTURE(Fixture, "store: a wait for another writer can be given up") {
  const StoreLock writer(home);
  int calls = 0;
  const Store impatient(home, [&] {
    if (++calls == 2) throw std::runtime_error("given up");
  });
  fs::create_directories(home / "models/empty");
  CHECK_THROWS_WITH_AS(impatient.remove("empty"), "given up", std::runtime_error);
  CHECK(calls == 2);
  CHECK(fs::exists(home / "models/empty"));
}

TEST_CASE("store: its default place follows XDG") {
  const test::EnvironmentVariable data("XDG_DATA_HOME", "/somewhere");
  CHECK(default_store_home() == "/somewhere/llama-pajamas");
  // "must be absolute" (XDG Base Directory Specification 0.8)
  const test::EnvironmentVariable relative("XDG_DATA_HOME", "relative");
  CHECK(default_store_home().is_absolute());
}

}  // namespace lp
