#include "net/http.hpp"

#include "base/error.hpp"
#include "support/canned_server.hpp"
#include "support/environment_variable.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace lp {
namespace {

using test::answer;
using test::CannedServer;

HttpClient make_client(const std::string& hub = "https://hub.example:443", const std::string& token = "",
                       const std::string& setting = "") {
  return HttpClient("test", {.connect_s = 30, .stall_s = 30, .redirects = 3, .pause_ms = 10},
                    {.origin = hub, .token = token, .setting = setting}, [] {});
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
  // Of the head: lines that are no longer than libcurl takes, but more than 256 KB of them and less than the
  // 300 KB at which libcurl itself would end it.
  const std::vector<std::string> lines(270, "X: " + std::string(1000, 'x'));
  CannedServer server({answer("200 OK", {}, std::string(2000, 'x')), answer("200 OK", lines, "y"),
                       answer("200 OK", {lines.begin(), lines.begin() + 250}, "y")});
  CHECK(has(refusal(make_client(), server.origin()), "longer than"));
  CHECK(has(refusal(make_client(), server.origin()), "its header is too long"));
  CHECK(refusal(make_client(), server.origin()) == "got y");
}

TEST_CASE("http: a page that nobody wants is left there") {
  const std::string page(64 << 20, 'x');
  CannedServer other({answer("200 OK", {}, "far")});
  CannedServer server(
      {answer("302 Found", {"Location: " + other.origin()}, page), answer("404 Gone", {}, page)});
  CHECK(refusal(make_client(), server.origin()) == "got far");
  CHECK(has(refusal(make_client(), server.origin()), "(404)"));
}

TEST_CASE("http: a redirect from the network never leads to this machine") {
  const struct {
    const char *before, *after;  // of the port
  } places[] = {
      {"http://127.0.0.1", "/"},
      {"https://127.0.0.1", "/"},
      {"http://127.1", "/"},
      {"http://2130706433", "/"},
      {"http://0x7f.1", "/"},
      {"http://0.0.0.0", "/"},
      {"http://LOCALHOST", "/"},
      {"http://localhost.", "/"},
      {"http://[::1]", "/"},
      {"http://[::]", "/"},
      {"http://[::ffff:127.0.0.1]", "/"},
      {"http://[::ffff:7f00:1]", "/"},
      {"//127.0.0.1", "/"},
      {"https://other.localhost", "/"},  // a name like any other, which libcurl finds to be 127.0.0.1
  };
  for (const auto& place : places) {
    CannedServer here({answer("200 OK", {}, "private")});
    const std::string location = place.before + here.port() + place.after;
    CAPTURE(location);
    CannedServer hub({answer("302 Found", {"Location: " + location}, "")});
    const std::string network = hub.origin("hub.localhost");
    CHECK(has(refusal(make_client(network), network), "leads to this machine itself"));
    CHECK(here.connections() == 0);
  }
}

TEST_CASE("http: a hub on this machine may lead back to itself") {
  CannedServer hub({answer("302 Found", {"Location: /again"}, ""), answer("200 OK", {}, "here")});
  const std::string network = hub.origin("hub.localhost");
  CHECK(refusal(make_client(network), network) == "got here");
}

TEST_CASE("http: this machine's addresses are asked for without a proxy, others with one") {
  CannedServer proxy({"HTTP/1.1 502 No\r\nConnection: close\r\n\r\n"}), here({answer("200 OK", {}, "here")});
  const test::EnvironmentVariable plain("http_proxy", proxy.origin()), secure("https_proxy", proxy.origin()),
      none("no_proxy", "");
  CHECK(refusal(make_client(), here.origin()) == "got here");
  CHECK(proxy.connections() == 0);
  // Also a redirect goes through a proxy on this machine.
  CannedServer hub({answer("302 Found", {"Location: https://example.invalid/x"}, "")});
  const test::EnvironmentVariable direct("no_proxy", "hub.localhost");
  const std::string network = hub.origin("hub.localhost");
  CHECK_FALSE(has(refusal(make_client(network), network), "leads to this machine"));
  REQUIRE(proxy.requests().size() == 1);
  CHECK(proxy.requests()[0].starts_with("CONNECT example.invalid:443"));
}

TEST_CASE("http: the hub's setting is named where it may be the cause") {
  const std::string hub = "https://hub.invalid:443",
                    words = "is HF_ENDPOINT right, and is this machine online?";
  CHECK(has(refusal(make_client(hub, "", "HF_ENDPOINT"), "https://hub.invalid/x"), words));
  CHECK_FALSE(has(refusal(make_client(hub), "https://hub.invalid/x"), "HF_ENDPOINT"));
  CHECK_FALSE(has(refusal(make_client(hub, "", "HF_ENDPOINT"), "https://other.invalid/x"), "HF_ENDPOINT"));
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
