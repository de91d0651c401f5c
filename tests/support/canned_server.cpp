#include "support/canned_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace lp::test {

CannedServer::CannedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening_, any, size) != 0 || ::listen(listening_, 8) != 0 ||
      ::getsockname(listening_, any, &size) != 0)
    throw std::runtime_error("no port for a test's server");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

CannedServer::~CannedServer() {
  stopping_ = true;
  thread_.join();
  ::close(listening_);
}

std::string CannedServer::origin(const std::string& host) const {
  return "http://" + host + port();
}

std::vector<std::string> CannedServer::requests() const {
  const std::lock_guard guard(mutex_);
  return requests_;
}

void CannedServer::serve() {
  for (std::size_t turn = 0; !stopping_;) {
    pollfd waiting{listening_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int connection = ::accept(listening_, nullptr, nullptr);
    ++connections_;
    std::string request;
    std::array<char, 4096> part{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t taken = ::recv(connection, part.data(), part.size(), 0);
      if (taken <= 0) break;
      request.append(part.data(), static_cast<std::size_t>(taken));
    }
    {
      const std::lock_guard guard(mutex_);
      requests_.push_back(request);
    }
    const std::string reply = turn < answers_.size() ? answers_[turn++] : "HTTP/1.1 500 No more\r\n\r\n";
    for (std::size_t sent = 0; sent < reply.size();) {
      const ssize_t taken = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (taken <= 0) break;
      sent += static_cast<std::size_t>(taken);
    }
    ::close(connection);
  }
}

std::string answer(const std::string& status, const std::vector<std::string>& headers,
                   const std::string& body) {
  std::string text = "HTTP/1.1 " + status + "\r\nConnection: close\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace lp::test
