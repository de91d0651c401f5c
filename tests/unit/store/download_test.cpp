#include "store/download.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/git_blob.hpp"
#include "base/sha256.hpp"
#include "support/canned_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

namespace lp {
namespace {

namespace fs = std::filesystem;
using test::answer;
using test::CannedServer;

const std::string content = "0123456789";

std::string digest(const std::string& text) {
  return sha256(std::as_bytes(std::span(text)));
}

/// A folder for what comes, and a client.
struct Fixture {
  fs::path folder = fs::temp_directory_path() / ("lp-download-test-" + std::to_string(::getpid()));
  HttpClient client{"test", {.connect_s = 30, .stall_s = 30, .pause_ms = 10}, {}, [] {}};
  Fixture() { fs::remove_all(folder); }
  ~Fixture() { fs::remove_all(folder); }

  /// What an earlier process got of `url`, whose whole has so many bytes.
  void leave(const std::string& url, const std::string& part, const std::string& etag,
             std::optional<std::uint64_t> size = content.size()) const {
    Partial partial(folder, url);
    partial.start({.etag = etag, .size = size});
    partial.append(std::as_bytes(std::span(part)));
  }
  std::string fetch(const Remote& remote, const FreeBytes& free = free_bytes) {
    Downloads downloads(folder, client, nullptr, free);
    try {
      const Fetched fetched = downloads.fetch(remote);
      std::string text = read_text(fetched.file);
      received = downloads.received();
      resumed = downloads.resumed();
      checked = fetched.checked;
      downloads.remove();
      return text;
    } catch (const Error& error) {
      return error.what();
    }
  }
  bool is_empty() const { return fs::is_empty(folder); }
  std::uint64_t received = 0, resumed = 0;
  std::string checked;
};

Remote remote(const CannedServer& server, const std::string& sha256 = "") {
  return {.url = server.origin() + "/f", .name = "f", .most_bytes = 1000, .sha256 = sha256};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "download: whole, and nothing is left") {
  CannedServer server({answer("200 OK", {"ETag: \"v1\""}, content)});
  CHECK(fetch(remote(server, digest(content))) == content);
  CHECK(received == 10);
  CHECK(checked == "sha256");
  CHECK(is_empty());
  CHECK_FALSE(has(server.requests()[0], "Range"));
}

TEST_CASE_FIXTURE(Fixture, "download: what was begun goes on") {
  CannedServer server({answer("206 Partial", {"ETag: \"v1\"", "Content-Range: bytes 4-9/10"}, "456789")});
  leave(server.origin() + "/f", "0123", "v1");
  CHECK(fetch(remote(server, digest(content))) == content);
  CHECK(received == 6);
  CHECK(resumed == 4);
  CHECK(has(server.requests()[0], "Range: bytes=4-"));
  CHECK(has(server.requests()[0], "If-Range: \"v1\""));
}

TEST_CASE_FIXTURE(Fixture, "download: another version begins anew") {
  CannedServer server({answer("200 OK", {"ETag: \"v2\""}, content)});
  leave(server.origin() + "/f", "abcd", "v1");
  CHECK(fetch(remote(server)) == content);
  CHECK(resumed == 0);
  CHECK(checked.empty());
}

TEST_CASE_FIXTURE(Fixture, "download: a part without a strong ETag, or of another address, is not trusted") {
  CannedServer server({answer("200 OK", {}, content), answer("200 OK", {"ETag: W/\"v1\""}, content)});
  leave(server.origin() + "/f", "abcd", "");
  CHECK(fetch(remote(server)) == content);
  leave(server.origin() + "/other", "abcd", "v1");
  CHECK(fetch(remote(server)) == content);
  for (const std::string& request : server.requests()) CHECK_FALSE(has(request, "Range"));
}

TEST_CASE_FIXTURE(Fixture, "download: a connection that is lost costs only the rest") {
  CannedServer server({"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234",
                       answer("206 Partial", {"ETag: \"v1\"", "Content-Range: bytes 5-9/10"}, "56789")});
  CHECK(fetch(remote(server, digest(content))) == content);
  CHECK(received == 10);
}

TEST_CASE_FIXTURE(Fixture, "download: a resumed file with a wrong digest is fetched anew once") {
  CannedServer server({answer("206 Partial", {"ETag: \"v1\"", "Content-Range: bytes 4-9/10"}, "456789"),
                       answer("200 OK", {"ETag: \"v1\""}, content)});
  leave(server.origin() + "/f", "abcd", "v1");
  CHECK(fetch(remote(server, digest(content))) == content);
  CHECK(resumed == 0);
}

TEST_CASE_FIXTURE(Fixture, "download: a wrong digest leaves nothing") {
  CannedServer server({answer("200 OK", {"ETag: \"v1\""}, content), answer("200 OK", {}, content)});
  CHECK(has(fetch(remote(server, digest("other"))), "but its publisher states " + digest("other")));
  CHECK(is_empty());
  Remote by_git = remote(server);
  by_git.git_blob = git_blob({});
  CHECK(has(fetch(by_git), "came as git blob"));
  CHECK(is_empty());
}

TEST_CASE_FIXTURE(Fixture, "download: what is whole already is not asked for") {
  CannedServer server({});
  leave(server.origin() + "/f", content, "");
  Remote whole = remote(server, digest(content));
  whole.size = 10;
  CHECK(fetch(whole) == content);
  CHECK(server.requests().empty());
  // Nor is it fetched where the server says that it is whole, and its name or a digest shows that it is the
  // same.
  const std::string all = "Content-Range: bytes */10";
  CannedServer says_so(
      {answer("416 Range", {all, "ETag: \"v1\""}, "no such part"), answer("416 Range", {all}, "")});
  leave(says_so.origin() + "/f", content, "v1");
  CHECK(fetch(remote(says_so)) == content);
  leave(says_so.origin() + "/f", content, "v1");
  CHECK(fetch(remote(says_so, digest(content))) == content);
}

TEST_CASE_FIXTURE(Fixture, "download: a part that the server does not know begins anew") {
  CannedServer server({answer("416 Range", {"Content-Range: bytes */3"}, ""), answer("200 OK", {}, "abc")});
  leave(server.origin() + "/f", content, "v1");
  CHECK(fetch(remote(server)) == "abc");
  // Nor is one trusted that may be of another version, where no digest would tell.
  CannedServer vague({answer("416 Range", {"Content-Range: bytes */10"}, ""), answer("200 OK", {}, "abc")});
  leave(vague.origin() + "/f", content, "v1");
  CHECK(fetch(remote(vague)) == "abc");
}

TEST_CASE_FIXTURE(Fixture, "download: the hub's word about a file elsewhere") {
  const std::string sha = digest(content);
  CannedServer cdn({answer("200 OK", {"ETag: \"x\""}, content), answer("200 OK", {"ETag: \"x\""}, content)});
  const std::string to = "Location: " + cdn.origin() + "/f", other = digest("other");
  CannedServer hub({answer("302 Found", {to, "X-Linked-ETag: \"" + sha + "\"", "X-Linked-Size: 10"}, ""),
                    answer("302 Found", {to, "X-Linked-ETag: \"" + other + "\"", "X-Linked-Size: 10"}, ""),
                    answer("302 Found", {to, "X-Linked-ETag: \"" + other + "\"", "X-Linked-Size: 10"}, ""),
                    answer("302 Found", {to, "X-Linked-ETag: \"" + sha + "\"", "X-Linked-Size: 11"}, "")});
  CHECK(fetch(remote(hub)) == content);
  CHECK(checked == "sha256");
  CHECK(has(fetch(remote(hub, sha)), "states two digests"));
  CHECK(has(fetch(remote(hub)), "but its publisher states " + other));
  Remote sized = remote(hub);
  sized.size = 10;
  CHECK(has(fetch(sized), "11 bytes, but its publisher states 10"));
}

TEST_CASE_FIXTURE(Fixture, "download: sizes are bounded") {
  CannedServer server({answer("200 OK", {}, std::string(1001, 'x')),
                       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(1001, 'x'),
                       "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\nx"});
  CHECK(has(fetch(remote(server)), "more than the 1000"));
  CHECK(has(fetch(remote(server)), "more than the 1000"));
  Remote large = remote(server);
  large.most_bytes = 1ULL << 60U;
  CHECK(has(fetch(large), "needs 1000000000.0 MB on the disk"));
}

TEST_CASE_FIXTURE(Fixture, "download: what is not surely the rest of what is here begins anew") {
  const std::string same = "ETag: \"v1\"";
  const struct {
    const char* what;
    std::vector<std::string> headers;
  } answers[] = {
      {"no ETag", {"Content-Range: bytes 4-9/10"}},
      {"a weak ETag", {"ETag: W/\"v1\"", "Content-Range: bytes 4-9/10"}},
      {"another ETag", {"ETag: \"v2\"", "Content-Range: bytes 4-9/10"}},
      {"another size of the whole", {same, "Content-Range: bytes 4-10/11"}},
      {"from another place", {same, "Content-Range: bytes 3-9/10"}},
      {"all of it", {same, "Content-Range: bytes 0-9/10"}},
      {"not to its end", {same, "Content-Range: bytes 4-8/10"}},
      {"no range", {same}},
      {"a range that is none", {same, "Content-Range: bytes -/10"}},
  };
  for (const auto& one : answers) {
    CAPTURE(one.what);
    CannedServer server({answer("206 Partial", one.headers, "456789"), answer("200 OK", {same}, content)});
    leave(server.origin() + "/f", "abcd", "v1");
    CHECK(fetch(remote(server)) == content);
    CHECK(resumed == 0);
    REQUIRE(server.requests().size() == 2);
    CHECK(has(server.requests()[0], "Range: bytes=4-"));
    CHECK_FALSE(has(server.requests()[1], "Range"));
  }
}

TEST_CASE_FIXTURE(Fixture, "download: nobody asks for the rest of something without a size") {
  CannedServer server({answer("200 OK", {"ETag: \"v1\""}, content)});
  leave(server.origin() + "/f", "abcd", "v1", std::nullopt);
  CHECK(fetch(remote(server)) == content);
  CHECK_FALSE(has(server.requests()[0], "Range"));
}

TEST_CASE_FIXTURE(Fixture, "download: a server that never sends more than before is given up") {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234",
                    named = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234",
                    other = answer("206 Partial", {"ETag: \"v2\"", "Content-Range: bytes 5-9/10"}, "56789");
  const std::vector<std::vector<std::string>> servers = {
      std::vector<std::string>(20, half), {named, other, named, other, named, other, named, other}};
  for (const std::vector<std::string>& answers : servers) {
    CannedServer server(answers);
    const std::string text = fetch(remote(server));
    CHECK(server.requests().size() == 3);
    CHECK(text != content);
    fs::remove_all(folder);
  }
}

TEST_CASE_FIXTURE(Fixture, "download: one that sends something new each time is not") {
  std::vector<std::string> answers = {"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n0"};
  for (std::size_t i = 1; i < content.size(); ++i)
    answers.push_back(
        fmt::format("HTTP/1.1 206 Part\r\nETag: \"v1\"\r\nContent-Range: bytes {}-9/10\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    i, content.size() - i, content[i]));
  CannedServer server(answers);
  CHECK(fetch(remote(server)) == content);
  CHECK(server.requests().size() == 10);
}

TEST_CASE_FIXTURE(Fixture,
                  "download: a body without a length stops when the disk is full, and leaves nothing") {
  const std::string body(70U << 20U, 'x');
  CannedServer server({"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body});
  Remote large = remote(server);
  large.most_bytes = 1ULL << 40U;
  std::vector<std::uint64_t> there;  // bytes in the folder whenever somebody asks how many are free
  const FreeBytes free = [&](const fs::path& where) -> std::optional<std::uint64_t> {
    std::uint64_t size = 0;
    for (const auto& entry : fs::directory_iterator(where))
      if (entry.path().extension() == ".partial") size += entry.file_size();
    there.push_back(size);
    return size == 0 ? 1ULL << 40U : 0;
  };
  const std::string text = fetch(large, free);
  CHECK_MESSAGE(has(text, "which has 0.0 MB free"), text);
  REQUIRE(there.size() == 2);
  CHECK(there.back() >= 64U << 20U);
  CHECK(there.back() < 65U << 20U);
  CHECK(is_empty());
}

TEST_CASE_FIXTURE(Fixture, "download: what can be gone on with stays when the disk is full") {
  CannedServer server(
      {"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 80000000\r\n\r\n" + std::string(70U << 20U, 'x')});
  Remote large = remote(server);
  large.most_bytes = 1ULL << 40U;
  int asked = 0;
  fetch(large,
        [&](const fs::path&) -> std::optional<std::uint64_t> { return ++asked < 3 ? 1ULL << 40U : 0; });
  CHECK(asked == 3);
  CHECK_FALSE(is_empty());
}

TEST_CASE_FIXTURE(Fixture, "download: one process at a time") {
  CannedServer server({});
  const Partial other(folder, server.origin() + "/f");
  CHECK(has(fetch(remote(server)), "another process fetches this file now"));
}

}  // namespace lp
