#include "net/local_address.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace lp {
namespace {

bool is_local(const char* text) {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
    return is_local_address(reinterpret_cast<const sockaddr&>(ipv4));
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1);
  return is_local_address(reinterpret_cast<const sockaddr&>(ipv6));
}

}  // namespace

TEST_CASE("local address: what a connection to ends here") {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "0.0.0.0", "0.1.2.3", "::1", "::", "::ffff:127.0.0.1",
                           "::ffff:127.9.9.9", "::ffff:0.0.0.0", "::127.0.0.1"})
    CHECK_MESSAGE(is_local(text), text);
  for (const char* text : {"1.1.1.1", "10.0.0.1", "126.0.0.1", "128.0.0.1", "192.168.0.1", "2001:db8::1",
                           "::2", "::ffff:10.0.0.1", "fe80::1", "1::", "::1:0:0:1"})
    CHECK_MESSAGE(!is_local(text), text);
  const sockaddr other{};
  CHECK_FALSE(is_local_address(other));
}

TEST_CASE("local address: hosts by their text") {
  for (const char* host : {"localhost", "localhost.", "127.0.0.1", "127.0.0.1.", "0.0.0.0", "[::1]", "[::]",
                           "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"})
    CHECK_MESSAGE(is_local_host(host), host);
  for (const char* host : {"", ".", "example.com", "localhost.example.com", "127.0.0.1.example.com", "127.1",
                           "10.0.0.1", "::1", "[::1", "[2001:db8::1]", "hub.localhost"})
    CHECK_MESSAGE(!is_local_host(host), host);
}

}  // namespace lp
