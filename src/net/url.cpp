#include "net/url.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace lp {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// A part of the address; "" where it has none.
std::string part(const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
  return text;
}

/// What is wrong with an address, "" if nothing is.
std::string fault_of(const Url& url, const Handle& handle) {
  if (!part(handle, CURLUPART_USER).empty() || !part(handle, CURLUPART_PASSWORD).empty())
    return "an address with a name or password in it";
  if ((url.scheme != "http" && url.scheme != "https") || url.host.empty())
    return "no address that can be fetched";
  return "";
}

Url read(const Handle& url) {
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return {.text = part(url, CURLUPART_URL),
          .scheme = lower(part(url, CURLUPART_SCHEME)),
          .host = lower(part(url, CURLUPART_HOST)),
          .port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT),
          .path = part(url, CURLUPART_PATH)};
}

Handle make_handle() {
  Handle url(curl_url(), curl_url_cleanup);
  if (url == nullptr) throw std::bad_alloc();
  return url;
}

}  // namespace

std::string Url::without_query() const {
  return text.substr(0, text.find('?'));
}

Url parse_url(const std::string& text) {
  const Handle handle = make_handle();
  const bool is_one = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
  const Url url = read(handle);
  if (const std::string fault = fault_of(url, handle); !is_one || !fault.empty())
    fail(Fault::usage, "{}: {}; https://HOST/PATH is one, and HF_TOKEN is for the hub", shown_address(text),
         is_one ? fault : "no address that can be fetched");
  return url;
}

Url resolve_url(const Url& base, const std::string& location) {
  const Handle handle = make_handle();
  const bool is_one = curl_url_set(handle.get(), CURLUPART_URL, base.text.c_str(), 0) == CURLUE_OK &&
                      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), 0) == CURLUE_OK;
  const Url url = read(handle);
  if (const std::string fault = fault_of(url, handle); !is_one || !fault.empty())
    fail(Fault::io, "{}: leads to {}, which is {}", base.without_query(), shown_address(location),
         is_one ? fault : "no address that can be fetched");
  return url;
}

std::string shown_address(const std::string& text) {
  const std::string kept = text.substr(0, text.find_first_of("?#"));
  if (text.starts_with("hf://")) return kept;  // an @ of these names a revision
  const Handle handle = make_handle();
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK &&
      part(handle, CURLUPART_USER).empty() && part(handle, CURLUPART_PASSWORD).empty())
    return kept;
  // Where nobody knows which part is which, all that may be a password goes.
  const std::size_t scheme = text.find("://"), at = text.rfind('@');
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  if (at == std::string::npos || at < start) return kept;
  const std::string rest = text.substr(at + 1);
  return text.substr(0, start) + rest.substr(0, rest.find_first_of("?#"));
}

std::string escape_url(std::string_view text, std::string_view keep) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos ||
                       keep.find(c) != std::string_view::npos;
    escaped += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

std::string unescape_url(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + 2 || value == 0)
      fail(Fault::usage, "{}: a % in an address is followed by two hex digits, and not by 00", text);
    plain += static_cast<char>(value);
    i += 2;
  }
  return plain;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const auto is_address = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return host.starts_with("127.") && std::all_of(host.begin(), host.end(), is_address);
}

}  // namespace lp
