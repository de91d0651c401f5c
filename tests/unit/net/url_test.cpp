#include "net/url.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp {

TEST_CASE("url: parts and origin") {
  const Url url = parse_url("https://Hub.Example/a/b%20c?x=1#y");
  CHECK(url.origin() == "https://hub.example:443");
  CHECK(url.path == "/a/b%20c");
  CHECK(url.without_query() == "https://Hub.Example/a/b%20c");
  CHECK(parse_url("http://127.0.0.1:8080/x").origin() == "http://127.0.0.1:8080");
  CHECK(parse_url("https://h:443/x").origin() == parse_url("HTTPS://H/y").origin());
  CHECK(parse_url("https://h:444/x").origin() != parse_url("https://h/x").origin());
}

TEST_CASE("url: what is none of http and https, or has a password, is refused") {
  for (const char* text : {"ftp://h/x", "file:///etc/passwd", "h/x", "https://", "https://user@h/x",
                           "https://user:secret@h/x", "https://h:99999/x", "https://h h/x", ""})
    CHECK_THROWS_AS_MESSAGE(parse_url(text), Error, text);
}

TEST_CASE("url: a redirect may be relative, and goes to no other scheme") {
  const Url base = parse_url("https://h/a/b?token=1");
  CHECK(resolve_url(base, "/c?d").text == "https://h/c?d");
  CHECK(resolve_url(base, "c").text == "https://h/a/c");
  CHECK(resolve_url(base, "//other/c").origin() == "https://other:443");
  CHECK(resolve_url(base, "http://other:81/c").origin() == "http://other:81");
  CHECK_THROWS_AS(resolve_url(base, "file:///etc/passwd"), Error);
  CHECK_THROWS_AS(resolve_url(base, "ftp://h/x"), Error);
}

TEST_CASE("url: a redirect that cannot be followed is no mistake of the user's, and says no secret") {
  const Url base = parse_url("https://h/a/b?token=secret");
  for (const char* location : {"file:///etc/passwd?secret", "https://user:secret@h/x", "https://h h/x?secret",
                               "https://h:99999/#secret"}) {
    CAPTURE(location);
    try {
      resolve_url(base, location);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::io);
      CHECK(std::string(error.what()).starts_with("https://h/a/b: leads to "));
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("url: messages show no secret of an address") {
  const struct {
    const char *text, *shown;
  } cases[] = {
      {"https://h/a@b/c?token=secret", "https://h/a@b/c"},
      {"https://h/a#secret", "https://h/a"},
      {"https://user:secret@h/a?secret", "https://h/a"},
      {"https://user:sec/ret@h/a", "https://h/a"},
      {"https://user:sec?ret@h/a?secret", "https://h/a"},
      {"htps://user:secret@h/a", "htps://h/a"},
      {"user:secret@h/a?secret", "h/a"},
      {"https://h h/a?secret", "https://h h/a"},
      {"hf://org/repo@main:a.onnx?secret", "hf://org/repo@main:a.onnx"},
      {"yolov8n", "yolov8n"},
      {"", ""},
  };
  for (const auto& one : cases) CHECK(shown_address(one.text) == one.shown);
  for (const char* text : {"https://user:secret@h/x", "https://h h/x?secret", "ftp://h/x?secret"}) try {
      parse_url(text);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
}

TEST_CASE("url: escapes") {
  CHECK(escape_url("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(escape_url("a b/ü", "/") == "a%20b/%C3%BC");
  CHECK(unescape_url("a%20b%2fc") == "a b/c");
  for (const char* text : {"%", "%2", "%zz", "a%00b"})
    CHECK_THROWS_AS_MESSAGE(unescape_url(text), Error, text);
}

TEST_CASE("url: this machine's own names") {
  for (const char* host : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"}) CHECK(is_loopback(host));
  for (const char* host : {"127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "10.0.0.1"})
    CHECK_FALSE(is_loopback(host));
}

}  // namespace lp
