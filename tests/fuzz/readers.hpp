#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace lp {

/// Takes any bytes as a file of one kind; a refusal (Error) is an answer like any other. What must not happen
/// is everything else: a crash, a sanitizer's finding, another exception, memory or time without bound.
using Reader = std::function<void(std::span<const std::byte>)>;

/// Every reader of files from outside, by the name of what it reads.
const std::map<std::string, Reader, std::less<>>& readers();

}  // namespace lp
