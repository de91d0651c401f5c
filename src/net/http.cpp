#include "net/http.hpp"

#include "base/error.hpp"
#include "net/exchange.hpp"
#include "net/local_address.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <new>
#include <thread>
#include <utility>

namespace lp {
namespace {

/// libcurl is made ready once and stays so.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) fail(Fault::io, "libcurl: {}", curl_easy_strerror(started));
}

/// Whether the same request may succeed when it is made again.
bool is_interruption(CURLcode code) {
  constexpr std::array codes = {CURLE_PARTIAL_FILE,      CURLE_RECV_ERROR, CURLE_SEND_ERROR,
                                CURLE_GOT_NOTHING,       CURLE_HTTP2,      CURLE_HTTP2_STREAM,
                                CURLE_OPERATION_TIMEDOUT};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

void check_allowed(const Url& url, const HttpAccess& access) {
  if (url.scheme == "https" || is_loopback(url.host) || url.origin() == access.origin) return;
  fail(Fault::io, "{}: not encrypted, and only https is fetched from other machines", url.without_query());
}

[[noreturn]] void refuse_this_machine(const Url& from, const Url& to) {
  fail(Fault::io, "{}: leads to this machine itself ({}), which is not followed", from.without_query(),
       to.without_query());
}

/// Whether a redirect may end at this machine. It may, where it comes from there; the hub may be here too.
Exchange::Local local_after(const Url& from, const Url& to, const HttpAccess& access) {
  const bool trusted =
      is_local_host(from.host) || to.origin() == from.origin() || to.origin() == access.origin;
  return trusted ? Exchange::Local::allowed : Exchange::Local::refused;
}

void check_redirect(const Url& from, const Url& to, const HttpAccess& access) {
  if (local_after(from, to, access) == Exchange::Local::refused && is_local_host(to.host))
    refuse_this_machine(from, to);
  if (from.scheme == "https" && to.scheme != "https")
    fail(Fault::io, "{}: leads from https to http ({}), which is not followed", from.without_query(),
         to.without_query());
  check_allowed(to, access);
}

void allow_only_http(CURL* curl) {
#if LIBCURL_VERSION_NUM >= 0x075500  // 7.85
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// A libcurl handle with all that stays the same from one hop to the next. `agent` must outlive it.
Handle make_handle(const std::string& agent, const HttpLimits& limits) {
  Handle handle(curl_easy_init(), curl_easy_cleanup);
  CURL* const curl = handle.get();
  if (curl == nullptr) throw std::bad_alloc();
  allow_only_http(curl);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stall_s));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  return handle;
}

/// The receiver of get_text.
class TextReceiver : public HttpReceiver {
 public:
  TextReceiver(const std::string& what, std::size_t most_bytes) : what_(what), most_bytes_(most_bytes) {}
  bool on_response(const HttpResponse& response) override {
    if (response.status != 200) broken = refusal_of(response, what_);
    return !broken;
  }
  void on_body(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > most_bytes_)
      fail(Fault::io, "{}: the answer is longer than {} MB", what_, most_bytes_ >> 20U);
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string text;
  std::optional<std::string> broken;

 private:
  const std::string& what_;
  std::size_t most_bytes_;
};

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

HttpClient::HttpClient(std::string agent, HttpLimits limits, HttpAccess access, std::function<void()> poll)
    : agent_(std::move(agent)), limits_(limits), access_(std::move(access)), poll_(std::move(poll)) {
  const auto is_plain = [](char c) { return c > 32 && c < 127; };
  if (!std::all_of(access_.token.begin(), access_.token.end(), is_plain))
    fail(Fault::usage, "HF_TOKEN: has blanks or control characters, as no token has");
  start_curl();
}

std::optional<std::string> HttpClient::get(const std::string& url, HttpReceiver& receiver) {
  const Handle handle = make_handle(agent_, limits_);
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason.data());
  Url hop = parse_url(url), from = hop;
  check_allowed(hop, access_);
  Exchange::Local local = Exchange::Local::allowed;
  // Redirects are followed here and not by libcurl: every hop is checked, and the token goes to one origin.
  for (int hops = 0; hops <= limits_.redirects; ++hops) {
    Exchange exchange(handle.get(), hop, receiver, poll_, local);
    std::vector<std::string> headers = receiver.headers();
    if (!access_.token.empty() && hop.origin() == access_.origin)
      headers.push_back("Authorization: Bearer " + access_.token);
    const CURLcode code = exchange.perform(headers);
    poll_();
    if (exchange.met_this_machine() && code != CURLE_OK) refuse_this_machine(from, hop);
    if (code != CURLE_OK) {
      const std::string why = reason[0] != 0 ? reason.data() : curl_easy_strerror(code);
      if (is_interruption(code)) return fmt::format("{}: {}", hop.host, why);
      const bool named = hop.origin() == access_.origin && !access_.setting.empty();
      fail(Fault::io, "{}: {}; is {}this machine online?", hop.host, why,
           named ? access_.setting + " right, and is " : "");
    }
    if (!exchange.redirects()) return std::nullopt;
    receiver.on_redirect(exchange.response());
    const Url next = resolve_url(hop, exchange.response().header("location"));
    check_redirect(hop, next, access_);
    local = local_after(hop, next, access_);
    from = std::exchange(hop, next);
  }
  fail(Fault::io, "{}: more than {} redirects", parse_url(url).without_query(), limits_.redirects);
}

void HttpClient::pause(int failures) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(failures * limits_.pause_ms);
  while (std::chrono::steady_clock::now() < end) {
    poll_();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::string refusal_of(const HttpResponse& response, const std::string& what) {
  const std::string& host = response.url.host;
  switch (response.status) {
    case 401:
    case 403:
      fail(Fault::io,
           "{}: {} refuses it ({}): there is no such thing, or it is not open to all; accept its terms there "
           "and set HF_TOKEN",
           what, host, response.status);
    case 404:
    case 410: fail(Fault::not_found, "{}: {} has no such thing ({})", what, host, response.status);
    default: break;
  }
  const std::string reason = fmt::format("{}: {} answers with status {}", what, host, response.status);
  if (response.status != 429 && response.status < 500) fail(Fault::io, "{}", reason);
  return reason;
}

std::string get_text(HttpClient& client, const std::string& url, const std::string& what,
                     std::size_t most_bytes) {
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    TextReceiver receiver(what, most_bytes);
    std::optional<std::string> broken = client.get(url, receiver);
    if (receiver.broken) broken = receiver.broken;
    if (!broken) return std::move(receiver.text);
    if (attempt == attempts) fail(Fault::io, "{}; tried {} times, try again later", *broken, attempts);
    client.pause(attempt);
  }
}

}  // namespace lp
