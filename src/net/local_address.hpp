#pragma once
#include <string_view>

struct sockaddr;

namespace lp {

/// Whether a connection to this address ends at this machine: 127.0.0.0/8, 0.0.0.0/8, ::1, ::, and the IPv4
/// ones of these written as IPv6 (::ffff:127.0.0.1, ::127.0.0.1).
/// Source: RFC 6890, section 2.2; RFC 4291, section 2.5.
bool is_local_address(const sockaddr& address);

/// Whether a host of an address of the web is this machine by its very text: localhost, or is_local_address.
/// Other names may lead there too; only the address that they stand for tells.
bool is_local_host(std::string_view host);

}  // namespace lp
