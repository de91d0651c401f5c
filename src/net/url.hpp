#pragma once
#include <string>
#include <string_view>

namespace lp {

/// An address of the web in its parts.
struct Url {
  std::string text;    // the whole, as it is asked for
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; IPv6 in brackets
  std::string port;    // "443" where the text does not say
  std::string path;    // "/a/b", still escaped, without what follows a `?`

  /// "https://host:443": whom one talks to, and how.
  std::string origin() const { return scheme + "://" + host + ":" + port; }
  /// The text without what follows a `?`: that part may be a secret.
  std::string without_query() const;
};

/// Reads an absolute address. @throws Error{usage} if it is none of http or https, or has a name and password
/// in it.
Url parse_url(const std::string& text);

/// What a `Location` header of `base` means; it may be relative. @throws Error{io}, where parse_url throws
/// Error{usage}: it is not the user's mistake.
Url resolve_url(const Url& base, const std::string& location);

/// What messages may say of a text that was given as an address: without a name and password, and without
/// what follows a `?` or `#`.
std::string shown_address(const std::string& text);

/// `text` as a part of a path: all but letters, digits and `-._~` as %XX, `keep` excepted.
std::string escape_url(std::string_view text, std::string_view keep = "");

/// The text that %XX stand for. @throws Error{usage} for a broken %XX or one that is a zero byte.
std::string unescape_url(std::string_view text);

/// Whether a host is surely this machine, so that what goes there needs no encryption: localhost, 127.x.x.x,
/// [::1].
bool is_loopback(std::string_view host);

}  // namespace lp
