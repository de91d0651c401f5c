#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace lp {

/// The name that git gives a file with these bytes: SHA-1 of "blob SIZE", a zero byte and the bytes, as 40
/// lower-case hex digits. Says that two files are the same, not that nobody meddled with one.
/// Source: git's Documentation/user-manual, "Object storage format"; FIPS 180-4, sections 5.1.1, 5.3.1, 6.1.
std::string git_blob(std::span<const std::byte> bytes);

}  // namespace lp
