#include "store/download.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/git_blob.hpp"
#include "base/sha256.hpp"
#include "support/canned_server.hpp"

#include <doctest/doctest.h>
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
  HttpClient client{"test", {.connect_s = 5, .stall_s = 1, .pause_ms = 10}, {}, [] {}};
  Fixture() { fs::remove_all(folder); }
  ~Fixture() { fs::remove_all(folder); }

  /// What an earlier process got of `url`.
  void leave(const std::string& url, const std::string& part, const std::string& etag) const {
    Partial partial(folder, url);
    partial.start(etag, "");
    partial.append(std::as_bytes(std::span(part)));
  }
  std::string fetch(const Remote& remote) {
    Downloads downloads(folder, client, nullptr);
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
                       answer("206 Partial", {"Content-Range: bytes 5-9/10"}, "56789")});
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
  CannedServer says_so({answer("416 Range", {"Content-Range: bytes */10"}, "no such part")});
  leave(says_so.origin() + "/f", content, "v1");
  CHECK(fetch(remote(says_so)) == content);
}

TEST_CASE_FIXTURE(Fixture, "download: a part that the server does not know begins anew") {
  CannedServer server({answer("416 Range", {"Content-Range: bytes */3"}, ""), answer("200 OK", {}, "abc")});
  leave(server.origin() + "/f", content, "v1");
  CHECK(fetch(remote(server)) == "abc");
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

TEST_CASE_FIXTURE(Fixture, "download: another part than was asked for is an error") {
  CannedServer server({answer("206 Partial", {"ETag: \"v1\"", "Content-Range: bytes 0-9/10"}, content),
                       answer("206 Partial", {"ETag: \"v2\"", "Content-Range: bytes 4-9/10"}, "456789")});
  leave(server.origin() + "/f", "0123", "v1");
  CHECK(has(fetch(remote(server)), "another part"));
  CHECK(has(fetch(remote(server)), "another part"));
}

TEST_CASE_FIXTURE(Fixture, "download: one process at a time") {
  CannedServer server({});
  const Partial other(folder, server.origin() + "/f");
  CHECK(has(fetch(remote(server)), "another process fetches this file now"));
}

}  // namespace lp
