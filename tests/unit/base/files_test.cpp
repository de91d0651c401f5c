#include "base/files.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

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
