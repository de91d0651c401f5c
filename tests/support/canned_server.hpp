#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lp::test {

/// An HTTP server on this machine that gives prepared answers, one a connection, in their order, and keeps
/// what it was asked. An answer is sent as it is, and the connection closed.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers);
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  /// "http://HOST:PORT"
  std::string origin(const std::string& host = "127.0.0.1") const;
  /// ":PORT"
  std::string port() const { return std::to_string(port_).insert(0, 1, ':'); }
  /// How many connections there were.
  int connections() const { return connections_; }
  /// The requests so far, heads only.
  std::vector<std::string> requests() const;

 private:
  void serve();

  std::vector<std::string> answers_, requests_;
  mutable std::mutex mutex_;
  int listening_ = -1, port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// "HTTP/1.1 STATUS", the header lines, the length of `body` and `body` itself.
std::string answer(const std::string& status, const std::vector<std::string>& headers,
                   const std::string& body);

}  // namespace lp::test
