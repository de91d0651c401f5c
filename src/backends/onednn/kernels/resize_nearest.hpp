#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>

namespace lp::onednn {

/// Every pixel of a dense view becomes factor x factor equal ones in a view whose channels are neighbours and
/// whose pixels may have gaps. Any type. Runs on the caller's OpenMP team.
void resize_nearest(std::int64_t factor, const View& from_view, const std::byte* from, const View& to_view,
                    std::byte* to);

}  // namespace lp::onednn
