#include "store/store.hpp"

#include "base/error.hpp"
#include "base/files.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace lp {
namespace {

namespace fs = std::filesystem;

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
    store.add(name, {.model_id = name, .task = "detect"},
              {.format = "gguf", .precision = precision, .path = path, .files = {{path, content.size(), ""}}},
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
  CHECK_FALSE(fs::exists(home / "incoming"));
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
                      {.format = "gguf", .precision = "F32", .path = "m", .files = {{"m", 1, ""}}}, staging);
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
      const Staging staging(home / "incoming" / precision);
      FileWriter file(staging.folder() / path);
      file.write("x");
      file.commit();
      store.add("yolo", {.model_id = "yolo"},
                {.format = "gguf", .precision = precision, .path = path, .files = {{path, 1, ""}}}, staging);
    }
  };
  std::thread first(writer, 1), second(writer, 2);
  first.join();
  second.join();
  done = true;
  reader.join();
  CHECK(store.manifest("yolo").formats.size() == 17);
}

TEST_CASE("store: its default place follows XDG") {
  const char* const before = std::getenv("XDG_DATA_HOME");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("XDG_DATA_HOME", "/somewhere", 1);
  CHECK(default_store_home() == "/somewhere/llama-pajamas");
  ::setenv("XDG_DATA_HOME", "relative", 1);  // "must be absolute" (XDG Base Directory Specification 0.8)
  CHECK(default_store_home().is_absolute());
  before != nullptr ? ::setenv("XDG_DATA_HOME", kept.c_str(), 1) : ::unsetenv("XDG_DATA_HOME");
}

}  // namespace lp
