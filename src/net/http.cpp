#include "net/http.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

namespace lp {
namespace {

constexpr std::size_t largest_head = 256U << 10U;  // bytes of all header lines

/// libcurl is made ready once and stays so.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) fail(Fault::io, "libcurl: {}", curl_easy_strerror(started));
}

bool is_redirect(const HttpResponse& response) {
  constexpr std::array statuses = {301, 302, 303, 307, 308};
  return std::find(statuses.begin(), statuses.end(), response.status) != statuses.end() &&
         !response.header("location").empty();
}

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return "";
  return text.substr(start, text.find_last_not_of(" \t\r\n") - start + 1);
}

/// What the callbacks of one request share. Nothing may be thrown through libcurl: it is kept in `thrown`.
struct Exchange {
  HttpReceiver& receiver;
  const std::function<void()>& poll;
  HttpResponse response;
  std::size_t head_size = 0;
  bool head_done = false, redirects = false;
  std::exception_ptr thrown;

  template <class Call>
  bool guarded(const Call& call) {
    try {
      call();
      return true;
    } catch (...) {
      thrown = std::current_exception();
      return false;
    }
  }

  void take_line(std::string_view line) {
    head_size += line.size();
    if (head_size > largest_head) fail(Fault::io, "{}: its header is too long", response.url.host);
    line = trimmed(line);
    if (line.starts_with("HTTP/")) {  // a new head: what came before was an interim one (RFC 9110, 15.2)
      response.headers.clear();
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      response.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }

  void end_head(CURL* curl) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    if (status < 200) return;
    head_done = true;
    redirects = is_redirect(response);
    if (!redirects) receiver.on_response(response);
  }
};

struct Context {
  Exchange* exchange;
  CURL* curl;
};

std::size_t on_header(char* text, std::size_t, std::size_t size, void* user) {
  const auto* const context = static_cast<Context*>(user);
  Exchange& exchange = *context->exchange;
  if (exchange.head_done) return size;  // trailers
  const std::string_view line(text, size);
  const bool went_well = exchange.guarded(
      [&] { trimmed(line).empty() ? exchange.end_head(context->curl) : exchange.take_line(line); });
  return went_well ? size : size + 1;  // another size than was given means: stop
}

std::size_t on_bytes(char* bytes, std::size_t, std::size_t size, void* user) {
  Exchange& exchange = *static_cast<Context*>(user)->exchange;
  if (exchange.redirects)
    return size;  // a page that nobody reads; bounded by what stalls and by `on_progress`
  const bool went_well =
      exchange.guarded([&] { exchange.receiver.on_body({reinterpret_cast<const std::byte*>(bytes), size}); });
  return went_well ? size : size + 1;
}

int on_progress(void* user, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  Exchange& exchange = *static_cast<Context*>(user)->exchange;
  constexpr curl_off_t longest_redirect = 1 << 20;
  return !exchange.guarded(exchange.poll) || (exchange.redirects && received > longest_redirect) ? 1 : 0;
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

void check_redirect(const Url& from, const Url& to, const HttpAccess& access) {
  if (!is_loopback(from.host) && is_loopback(to.host))
    fail(Fault::io, "{}: leads to this machine itself ({}), which is not followed", from.without_query(),
         to.without_query());
  if (from.scheme == "https" && to.scheme != "https")
    fail(Fault::io, "{}: leads from https to http ({}), which is not followed", from.without_query(),
         to.without_query());
  check_allowed(to, access);
}

using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Lines lines_of(const std::vector<std::string>& texts) {
  Lines lines(nullptr, curl_slist_free_all);
  for (const std::string& text : texts) {
    curl_slist* const longer = curl_slist_append(lines.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (lines == nullptr) lines.reset(longer);  // the head stays the same when more is appended
  }
  return lines;
}

void allow_only_http(CURL* curl) {
#if LIBCURL_VERSION_NUM >= 0x075500  // 7.85
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/// The receiver of get_text.
class TextReceiver : public HttpReceiver {
 public:
  TextReceiver(const std::string& what, std::size_t most_bytes) : what_(what), most_bytes_(most_bytes) {}
  void on_response(const HttpResponse& response) override {
    if (response.status != 200) broken = refusal_of(response, what_);
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
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(), curl_easy_cleanup);
  CURL* const curl = owner.get();
  if (curl == nullptr) throw std::bad_alloc();
  allow_only_http(curl);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, agent_.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits_.connect_s));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits_.stall_s));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason.data());

  Url hop = parse_url(url);
  check_allowed(hop, access_);
  // Redirects are followed here and not by libcurl: every hop is checked, and the token goes to one origin.
  for (int hops = 0; hops <= limits_.redirects; ++hops) {
    Exchange exchange{receiver, poll_, {.url = hop}};
    Context context{&exchange, curl};
    std::vector<std::string> headers = receiver.headers();
    if (!access_.token.empty() && hop.origin() == access_.origin)
      headers.push_back("Authorization: Bearer " + access_.token);
    const Lines lines = lines_of(headers);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
    curl_easy_setopt(curl, CURLOPT_URL, hop.text.c_str());
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &context);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &context);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &context);
    const CURLcode code = curl_easy_perform(curl);
    if (exchange.thrown) std::rethrow_exception(exchange.thrown);
    poll_();
    if (code != CURLE_OK) {
      const std::string why = reason[0] != 0 ? reason.data() : curl_easy_strerror(code);
      if (is_interruption(code)) return fmt::format("{}: {}", hop.host, why);
      fail(Fault::io, "{}: {}; is this machine online?", hop.host, why);
    }
    if (!exchange.redirects) return std::nullopt;
    receiver.on_redirect(exchange.response);
    const Url next = resolve_url(hop, exchange.response.header("location"));
    check_redirect(hop, next, access_);
    hop = next;
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
