#include "store/swap.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "store/leftovers.hpp"
#include "store/store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

namespace lp {
namespace {

namespace fs = std::filesystem;

/// A folder with models/ and incoming/ in it.
struct Fixture {
  fs::path home = fs::temp_directory_path() / ("lp-swap-test-" + std::to_string(::getpid()));
  fs::path incoming = home / "incoming", models = home / "models";
  Fixture() { fs::remove_all(home); }
  ~Fixture() { fs::remove_all(home); }

  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  static void age(const fs::path& path, int hours) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "swap: a folder takes another one's place, in one step or two") {
  for (const Swap how : {Swap::one_step, Swap::two_steps}) {
    write(models / "a/x", "old");
    write(incoming / "1/a/x", "new");
    put_in_place(incoming / "1/a", models / "a", how);
    CHECK(read_text(models / "a/x") == "new");
    CHECK(read_text(incoming / "1/a/x") == "old");
    CHECK_FALSE(fs::exists(incoming / ".replaced"));
    fs::remove_all(home);
  }
  write(incoming / "1/b/x", "first");
  put_in_place(incoming / "1/b", models / "b");
  CHECK(read_text(models / "b/x") == "first");
}

TEST_CASE_FIXTURE(Fixture, "swap: what a kill between the two steps leaves is put back, and nothing else") {
  write(incoming / ".replaced/a/x", "old");  // its name is free: the kill came before the second rename
  write(incoming / "a-123/a/x", "new");
  write(models / "b/x", "new");  // its name is taken: the kill came after it
  write(incoming / ".replaced/b/x", "old");
  write(incoming / "removed-123/c/x", "removed on purpose");
  put_back(incoming, models);
  CHECK(read_text(models / "a/x") == "old");
  CHECK(read_text(models / "b/x") == "new");
  CHECK_FALSE(fs::exists(models / "c"));
  CHECK_FALSE(fs::exists(incoming / ".replaced"));
}

TEST_CASE_FIXTURE(Fixture, "swap: nothing that comes from outside is taken for a model that lost its name") {
  // A file of an archive or a repository, and a model that is called so.
  write(incoming / "m-123/replaced/planted/manifest.json", "{}");
  write(incoming / "m-123/.replaced/planted/manifest.json", "{}");
  write(incoming / "replaced-123/replaced/planted/manifest.json", "{}");
  write(incoming / "replaced/planted/manifest.json", "{}");
  write(incoming / ".replaced/no name/manifest.json", "{}");
  write(incoming / ".replaced/.hidden/manifest.json", "{}");
  fs::create_directories(models);
  put_back(incoming, models);
  CHECK(fs::is_empty(models));
}

TEST_CASE_FIXTURE(Fixture, "swap: a store mends itself before it changes anything") {
  write(incoming / ".replaced/a/manifest.json", R"({"task": "detect"})");
  fs::create_directories(models);
  const Store store(home);
  write(home / "lock", "");
  store.while_still([] {});
  CHECK(store.names() == std::vector<std::string>{"a"});
  fs::rename(models / "a", incoming / "a");
  fs::create_directories(incoming / ".replaced");
  fs::rename(incoming / "a", incoming / ".replaced/a");
  store.tidy();
  CHECK(store.names() == std::vector<std::string>{"a"});
}

TEST_CASE_FIXTURE(Fixture, "swap: files are shared, and what replaces one does not reach the other") {
  write(models / "a/gguf/F32/m", "old");
  write(models / "a/notes.txt", "mine");
  fs::create_directory_symlink("/", models / "a/link");
  fs::create_directories(incoming);
  link_all(models / "a", incoming / "a");
  CHECK(fs::hard_link_count(models / "a/gguf/F32/m") == 2);
  CHECK(fs::is_symlink(incoming / "a/link"));
  write(incoming / "fresh", "new");
  fs::rename(incoming / "fresh", incoming / "a/gguf/F32/m");
  CHECK(read_text(models / "a/gguf/F32/m") == "old");
  CHECK(read_text(incoming / "a/notes.txt") == "mine");
}

TEST_CASE_FIXTURE(Fixture, "leftovers: old ones that nobody uses go") {
  for (const char* name : {"old", "used", "young"}) write(incoming / name / "x", "x");
  for (const char* name : {"old.partial", "used.partial", "young.partial"}) write(incoming / name, "x");
  for (const char* name : {"old", "used"}) age(incoming / name, 2);
  age(incoming / "old.partial", 8 * 24);
  age(incoming / "used.partial", 8 * 24);
  age(incoming / "young.partial", 6 * 24);
  const InUse folder(incoming / "used"), file(incoming / "used.partial");
  CHECK(folder.alone());
  CHECK_FALSE(InUse(incoming / "used").alone());
  write(incoming / ".replaced/m/x", "x");  // what is put back is no leftover
  age(incoming / ".replaced", 1000);
  remove_leftovers(incoming);
  CHECK(fs::exists(incoming / ".replaced/m/x"));
  for (const char* name : {"used", "young", "used.partial", "young.partial"})
    CHECK(fs::exists(incoming / name));
  for (const char* name : {"old", "old.partial"}) CHECK_FALSE(fs::exists(incoming / name));
}

}  // namespace lp
