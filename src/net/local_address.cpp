#include "net/local_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace lp {
namespace {

/// `bytes`: the four of an IPv4 address.
bool is_local_ipv4(std::span<const std::uint8_t, 4> bytes) {
  return bytes[0] == 127 || bytes[0] == 0;
}

bool is_local_ipv6(std::span<const std::uint8_t, 16> bytes) {
  const auto zeros = [&](std::size_t end) {
    return std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                       [](std::uint8_t byte) { return byte == 0; });
  };
  const bool mapped = zeros(10) && bytes[10] == 0xff && bytes[11] == 0xff;
  if (mapped || (zeros(12) && bytes[12] == 127)) return is_local_ipv4(bytes.last<4>());
  return zeros(15) && bytes[15] <= 1;  // :: and ::1
}

}  // namespace

bool is_local_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    std::uint8_t bytes[4];
    std::memcpy(bytes, &ipv4.sin_addr, sizeof bytes);
    return is_local_ipv4(bytes);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    return is_local_ipv6(ipv6.sin6_addr.s6_addr);
  }
  return false;
}

bool is_local_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host == "localhost") return true;
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, std::string(host).c_str(), &ipv4.sin_addr) == 1)
    return is_local_address(reinterpret_cast<const sockaddr&>(ipv4));
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  return ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &ipv6.sin6_addr) == 1 &&
         is_local_address(reinterpret_cast<const sockaddr&>(ipv6));
}

}  // namespace lp
