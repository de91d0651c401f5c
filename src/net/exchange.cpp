#include "net/exchange.hpp"

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "net/local_address.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>

namespace lp {
namespace {

constexpr std::size_t largest_head = 256U << 10U;  // bytes of all header lines

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

int port_of(const sockaddr& address) {
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  if (address.sa_family == AF_INET) std::memcpy(&ipv4, &address, sizeof ipv4);
  if (address.sa_family == AF_INET6) std::memcpy(&ipv6, &address, sizeof ipv6);
  return ntohs(address.sa_family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
}

/// The port of a proxy as the environment names it: "HOST:PORT", "http://NAME@HOST:PORT/".
int proxy_port(std::string_view proxy) {
  constexpr int assumed = 1080;  // libcurl's CURLOPT_PROXY
  if (const std::size_t scheme = proxy.find("://"); scheme != std::string_view::npos)
    proxy.remove_prefix(scheme + 3);
  proxy = proxy.substr(0, proxy.find('/'));
  const std::size_t colon = proxy.rfind(':');
  int port = 0;
  if (colon == std::string_view::npos ||
      std::from_chars(proxy.data() + colon + 1, proxy.data() + proxy.size(), port).ec != std::errc())
    return assumed;
  return port;
}

/// Whether something listens at this port that libcurl may go through, by the environment.
bool is_proxy_port(int port) {
  constexpr std::array variables = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  return std::any_of(variables.begin(), variables.end(), [&](const char* variable) {
    const std::string proxy = environment(variable);
    return !proxy.empty() && proxy_port(proxy) == port;
  });
}

}  // namespace

Exchange::Exchange(CURL* curl, const Url& url, HttpReceiver& receiver, const std::function<void()>& poll,
                   Local local)
    : curl_(curl), receiver_(receiver), poll_(poll), local_(local), response_{.url = url} {}

CURLcode Exchange::perform(const std::vector<std::string>& headers) {
  const Lines lines = lines_of(headers);
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(curl_, CURLOPT_URL, response_.url.text.c_str());
  // Null: what the environment says. A proxy would look for this machine's addresses at its own.
  curl_easy_setopt(curl_, CURLOPT_NOPROXY, is_local_host(response_.url.host) ? "*" : nullptr);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(curl_, CURLOPT_OPENSOCKETDATA, this);
  const CURLcode code = curl_easy_perform(curl_);
  if (thrown_) std::rethrow_exception(thrown_);
  return left_ ? CURLE_OK : code;
}

template <class Call>
bool Exchange::guarded(const Call& call) {
  try {
    call();
    return true;
  } catch (...) {
    thrown_ = std::current_exception();
    return false;
  }
}

void Exchange::take_line(std::string_view line) {
  head_size_ += line.size();
  if (head_size_ > largest_head) fail(Fault::io, "{}: its header is too long", response_.url.host);
  line = trimmed(line);
  if (line.starts_with("HTTP/")) {  // a new head: what came before was an interim one (RFC 9110, 15.2)
    response_.headers.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    response_.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
}

void Exchange::end_head() {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  if (status < 200) return;
  head_done_ = true;
  redirects_ = is_redirect(response_);
  wanted_ = !redirects_ && receiver_.on_response(response_);
}

std::size_t Exchange::on_header(char* text, std::size_t, std::size_t size, void* user) {
  Exchange& self = *static_cast<Exchange*>(user);
  if (self.head_done_) return size;  // trailers
  const std::string_view line(text, size);
  const bool went_well =
      self.guarded([&] { trimmed(line).empty() ? self.end_head() : self.take_line(line); });
  return went_well ? size : size + 1;  // another size than was given means: stop
}

std::size_t Exchange::on_bytes(char* bytes, std::size_t, std::size_t size, void* user) {
  Exchange& self = *static_cast<Exchange*>(user);
  if (!self.wanted_) {
    self.left_ = true;
    return size + 1;
  }
  const bool went_well =
      self.guarded([&] { self.receiver_.on_body({reinterpret_cast<const std::byte*>(bytes), size}); });
  return went_well ? size : size + 1;
}

int Exchange::on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Exchange& self = *static_cast<Exchange*>(user);
  return self.guarded(self.poll_) ? 0 : 1;
}

curl_socket_t Exchange::on_open(void* user, curlsocktype, curl_sockaddr* address) {
  Exchange& self = *static_cast<Exchange*>(user);
  if (self.local_ == Local::refused && is_local_address(address->addr) &&
      !is_proxy_port(port_of(address->addr))) {
    self.met_this_machine_ = true;
    return CURL_SOCKET_BAD;
  }
  const int opened = ::socket(address->family, address->socktype, address->protocol);
  if (opened < 0) return CURL_SOCKET_BAD;
  ::fcntl(opened, F_SETFD, FD_CLOEXEC);
  return opened;
}

}  // namespace lp
