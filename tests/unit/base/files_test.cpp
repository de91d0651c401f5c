#include "base/files.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lp {
namespace {

/// A folder of its own for one test.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("lp-files-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a file has its final name only when it is complete") {
  const Folder folder;
  const auto path = folder.path / "deep" / "file";
  {
    FileWriter writer(path);
    writer.write("half");
    CHECK(writer.position() == 4);
    CHECK_FALSE(std::filesystem::exists(path));
  }  // given up
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::is_empty(path.parent_path()));
  FileWriter writer(path);
  writer.write("whole");
  writer.commit();
  CHECK(read_text(path) == "whole");
  CHECK(MappedFile(path).bytes().size() == 5);
}

TEST_CASE("files that cannot be read say why") {
  const Folder folder;
  const std::string missing = (folder.path / "missing").string();
  CHECK_THROWS_WITH(MappedFile{missing}, (missing + ": No such file or directory").c_str());
  CHECK_THROWS_WITH(MappedFile{folder.path}, (folder.path.string() + ": not a regular file").c_str());
}

TEST_CASE("a pipe that nobody writes to is refused at once") {
  const Folder folder;
  const auto path = folder.path / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(MappedFile{path}, (path.string() + ": not a regular file").c_str());
}

TEST_CASE("two writers of one path do not meet") {
  const Folder folder;
  const auto path = folder.path / "file";
  FileWriter first(path), second(path);
  first.write("the first writer's");
  second.write("the second's");
  first.commit();
  CHECK(read_text(path) == "the first writer's");
  second.commit();
  CHECK(read_text(path) == "the second's");
}

TEST_CASE("files and links beside the path are left alone") {
  const Folder folder;
  const auto path = folder.path / "file", own = folder.path / "own", link = folder.path / "file.partial";
  std::ofstream(own) << "the user's";
  std::filesystem::create_symlink(own, link);
  {
    FileWriter writer(path);
    writer.write("ours");
    writer.commit();
    FileWriter(path).write("given up");
  }
  CHECK(read_text(path) == "ours");
  CHECK(read_text(own) == "the user's");
  CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("a written file can be read as the umask says") {
  const Folder folder;
  const auto mode_of = [&](mode_t mask) {
    const mode_t before = ::umask(mask);
    FileWriter writer(folder.path / "file");
    writer.commit();
    ::umask(before);
    struct stat status{};
    REQUIRE(::stat((folder.path / "file").c_str(), &status) == 0);
    return status.st_mode & 0777U;
  };
  CHECK(mode_of(022) == 0644);
  CHECK(mode_of(077) == 0600);
}

TEST_CASE("dropped pages of a mapped file come back") {
  const Folder folder;
  const auto path = folder.path / "big";
  const std::string text(100'000, 'x');
  FileWriter writer(path);
  writer.write(text);
  writer.commit();
  const MappedFile file(path);
  drop_pages(file.bytes());
  CHECK(file.bytes()[50'000] == std::byte{'x'});
}

}  // namespace lp
