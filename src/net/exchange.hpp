#pragma once
#include "net/http.hpp"

#include <curl/curl.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lp {

/// One request of a libcurl handle and its answer. Nothing is thrown through libcurl: what the receiver or
/// `poll` throws is kept until libcurl has returned, and thrown again then.
class Exchange {
 public:
  /// Whether a connection to this machine may be made; one to a proxy of its own always may.
  enum class Local { allowed, refused };

  /// `poll` is called at least once a second. Everything given stays alive as long as this object does.
  Exchange(CURL* curl, const Url& url, HttpReceiver& receiver, const std::function<void()>& poll,
           Local local);

  /// Asks with these header lines. Returns libcurl's result, which is good also where a body that nobody
  /// wants was left.
  CURLcode perform(const std::vector<std::string>& headers);

  const HttpResponse& response() const { return response_; }
  /// Whether the answer leads elsewhere. The receiver has not seen it then.
  bool redirects() const { return redirects_; }
  /// Whether it came to nothing because the address turned out to be this machine's.
  bool met_this_machine() const { return met_this_machine_; }

 private:
  static std::size_t on_header(char* text, std::size_t, std::size_t size, void* user);
  static std::size_t on_bytes(char* bytes, std::size_t, std::size_t size, void* user);
  static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t on_open(void* user, curlsocktype purpose, curl_sockaddr* address);

  template <class Call>
  bool guarded(const Call& call);
  void take_line(std::string_view line);
  void end_head();

  CURL* curl_;
  HttpReceiver& receiver_;
  const std::function<void()>& poll_;
  Local local_;
  HttpResponse response_;
  std::size_t head_size_ = 0;  // bytes
  bool head_done_ = false, redirects_ = false, wanted_ = true, left_ = false, met_this_machine_ = false;
  std::exception_ptr thrown_;
};

}  // namespace lp
