#pragma once
#include <cstdint>
#include <functional>

namespace lp::onednn {

/// Rows [first, end) of a dense sequence, which lie one after the other; all others are zeros.
template <class Number>
struct SomeRows {
  const Number* at = nullptr;
  std::int64_t first = 0, end = 0;
};

/// Takes `count` rows of a result as they are made. It may change them.
using TakeRows = std::function<void(std::int64_t first, std::int64_t count, float* rows)>;

}  // namespace lp::onednn
