#pragma once
#include "net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lp {

/// The head of an answer.
struct HttpResponse {
  Url url;  // who answered
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case; the last of each

  /// The header's value, "" where there is none.
  std::string header(std::string_view name) const;
};

/// Who asks for something: says with which headers, and takes what comes. What it throws ends the transfer.
class HttpReceiver {
 public:
  virtual ~HttpReceiver() = default;
  /// Header lines of the next request ("Range: bytes=5-"); asked for again after every redirect.
  virtual std::vector<std::string> headers() { return {}; }
  /// The answer leads elsewhere, and the client will go there.
  virtual void on_redirect(const HttpResponse& response) { static_cast<void>(response); }
  /// The head of the answer, whatever its status. Returns whether its body is wanted; else it is left there.
  virtual bool on_response(const HttpResponse& response) = 0;
  /// Its body, in parts.
  virtual void on_body(std::span<const std::byte> bytes) = 0;
};

struct HttpLimits {
  int connect_s = 30;  // until there is a connection
  int stall_s = 30;    // with fewer than 100 bytes a second
  int redirects = 10;
  int pause_ms = 1000;  // before the second attempt; twice that before the third
};

/// Whom the client knows: the hub.
struct HttpAccess {
  std::string origin;   // Url::origin() of it; it may be plain http
  std::string token;    // sent to that origin and nowhere else; "" for none
  std::string setting;  // by which the user named it, for messages; "" where nobody did
};

/// Fetches by HTTP(S), with libcurl. Encryption is required but for this machine's own addresses and the
/// hub's. A redirect never leads from the network to this machine: neither by its address nor by a name that
/// turns out to stand for it, unless that is the hub. Nothing goes to this machine through a proxy. One
/// transfer at a time.
class HttpClient {
 public:
  /// `agent`: how it calls itself. `poll` is called at least once a second while it waits; what it throws
  /// ends the transfer.
  HttpClient(std::string agent, HttpLimits limits, HttpAccess access, std::function<void()> poll);

  /// Fetches `url`, redirects followed. Nothing: all of it came. Else why the transfer broke off where trying
  /// again may help (the connection was lost or stalled).
  /// @throws Error{io} where it would not help: no such host, no connection, a bad certificate, a redirect
  /// that is not allowed.
  std::optional<std::string> get(const std::string& url, HttpReceiver& receiver);

  /// Waits before whatever failed `failures` times is tried again, calling `poll`.
  void pause(int failures) const;

 private:
  std::string agent_;
  HttpLimits limits_;
  HttpAccess access_;
  std::function<void()> poll_;
};

/// What a status means that is none of success: who answered, and what to do. `what`: what was asked for.
/// @throws Error{not_found, io} always, but for those where trying again may help (429 and 5xx): it then
/// returns the reason.
std::string refusal_of(const HttpResponse& response, const std::string& what);

/// A whole answer as text; tried three times. @throws Error{io, not_found}; Error{io} if it is longer than
/// `most_bytes`.
std::string get_text(HttpClient& client, const std::string& url, const std::string& what,
                     std::size_t most_bytes);

}  // namespace lp
