#pragma once
#include <cstddef>
#include <functional>

namespace lp::cli {

/// Works on the items 0 to `count` - 1 on `streams` threads, the caller's among them: each takes the next
/// item when it is done with one. `work(stream, item)` is called once for each, `tell(item)` in the order of
/// the items and never twice at a time, as soon as those before it are told. Nothing more is begun once a
/// signal asked to stop or something was thrown. @throws what `work` or `tell` threw first.
void work_in_streams(std::size_t count, std::size_t streams,
                     const std::function<void(std::size_t stream, std::size_t item)>& work,
                     const std::function<void(std::size_t item)>& tell);

}  // namespace lp::cli
