#include "net/http.hpp"

#include "base/error.hpp"
#include "support/canned_server.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace lp {
namespace {

using test::answer;
using test::CannedServer;

HttpClient make_client(const std::string& hub = "https://hub.example:443", const std::string& token = "") {
  return HttpClient("test", {.connect_s = 5, .stall_s = 1, .redirects = 3, .pause_ms = 10},
                    {.origin = hub, .token = token}, [] {});
}

std::string refusal(HttpClient client, const std::string& url, std::size_t most = 1000) {
  try {
    return "got " + get_text(client, url, "it", most);
  } catch (const Error& error) {
    return error.what();
  }
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("http: a redirect is followed, and the token stays with the hub") {
  CannedServer other({answer("200 OK", {}, "far")});
  CannedServer hub({answer("302 Found", {"Location: /again"}, "moved"),
                    answer("307 Temporary", {"Location: " + other.origin() + "/file"}, "")});
  HttpClient client = make_client(hub.origin(), "secret");
  CHECK(get_text(client, hub.origin() + "/x", "it", 1000) == "far");
  REQUIRE(hub.requests().size() == 2);
  CHECK(has(hub.requests()[0], "Authorization: Bearer secret"));
  CHECK(has(hub.requests()[1], "GET /again"));
  CHECK(has(hub.requests()[1], "Authorization: Bearer secret"));
  REQUIRE(other.requests().size() == 1);
  CHECK_FALSE(has(other.requests()[0], "secret"));
  CHECK_FALSE(has(other.requests()[0], "Authorization"));
}

TEST_CASE("http: where it does not go") {
  CHECK(has(refusal(make_client(), "http://example.invalid/x"), "not encrypted"));
  CHECK(has(refusal(make_client(), "file:///etc/passwd"), "no address that can be fetched"));
  CannedServer leaves({answer("302 Found", {"Location: http://example.invalid/x"}, "")});
  CHECK(has(refusal(make_client(), leaves.origin()), "not encrypted"));
  CannedServer file({answer("302 Found", {"Location: file:///etc/passwd"}, "")});
  CHECK(has(refusal(make_client(), file.origin()), "no address that can be fetched"));
  const std::string again = answer("302 Found", {"Location: /"}, "");
  CannedServer circle({again, again, again, again, again});
  CHECK(has(refusal(make_client(), circle.origin()), "more than 3 redirects"));
  CHECK(circle.requests().size() == 4);
}

TEST_CASE("http: statuses become sentences") {
  CannedServer server(
      {answer("404 Not Found", {}, "x"), answer("401 Unauthorized", {}, "x"), answer("418 Teapot", {}, "x")});
  CHECK(has(refusal(make_client(), server.origin()), "has no such thing (404)"));
  CHECK(has(refusal(make_client(), server.origin()), "HF_TOKEN"));
  CHECK(has(refusal(make_client(), server.origin()), "status 418"));
}

TEST_CASE("http: what breaks off is asked for again") {
  CannedServer server({answer("503 Busy", {}, ""), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
                       answer("200 OK", {}, "all of it")});
  CHECK(refusal(make_client(), server.origin()) == "got all of it");
  CHECK(server.requests().size() == 3);
}

TEST_CASE("http: sizes are bounded") {
  CannedServer server({answer("200 OK", {}, std::string(2000, 'x')),
                       "HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x') + "\r\n\r\n"});
  CHECK(has(refusal(make_client(), server.origin()), "longer than"));
  CHECK_FALSE(has(refusal(make_client(), server.origin()), "got"));
}

TEST_CASE("http: whoever waits can be stopped") {
  CannedServer server({answer("200 OK", {}, "x")});
  HttpClient client("test", {}, {}, [] { throw std::runtime_error("stopped"); });
  CHECK_THROWS_WITH_AS(get_text(client, server.origin(), "it", 10), "stopped", std::runtime_error);
}

TEST_CASE("http: a token cannot bring headers of its own") {
  CHECK_THROWS_AS(make_client("https://h:443", "a\r\nX: y"), Error);
}

}  // namespace lp
