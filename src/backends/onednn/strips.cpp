#include "backends/onednn/strips.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace lp::onednn {
namespace {

constexpr std::int64_t strip_bytes = std::int64_t{36} << 10U;  // of the widest value
constexpr std::int64_t strip_unit = 144;  // rows: full registers of our convolutions, whatever their taps
constexpr std::int64_t least_bytes = std::int64_t{1} << 20U;  // of a value; smaller ones stay in a cache
constexpr std::int64_t least_strips = 4, least_reaches = 16;  // of a part
constexpr std::int64_t parts_a_thread = 4;  // so that a thread without a processor keeps nobody waiting

std::int64_t bytes_of_row(const View& view) {
  return view.dims[2] * static_cast<std::int64_t>(size_bytes(view.dtype));
}

std::int64_t aligned(std::int64_t bytes) {
  constexpr std::int64_t alignment = 64;
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

Strips::Strips(std::vector<std::shared_ptr<const RowWork>> works, const std::set<int>& own, int threads)
    : works_(std::move(works)), reach_(works_.size()), rows_(works_.front()->y.dims[1]), threads_(threads) {
  find_reach();
  std::int64_t widest = 1;
  for (const auto& work : works_) {
    widest = std::max(widest, bytes_of_row(work->y));
    scratch_ = std::max(scratch_, work->scratch);
  }
  strip_ = std::max(strip_bytes / widest / strip_unit, std::int64_t{1}) * strip_unit;
  // As many parts for each thread: the last one alone would keep all others waiting.
  const std::int64_t parts =
      threads * std::clamp<std::int64_t>(rows_ / (threads * least_part()), 1, parts_a_thread);
  part_ = (rows_ + parts - 1) / parts;
  for (const int buffer : own) add_window(buffer);
}

bool Strips::pays() const {
  const auto is_large = [&](const auto& work) { return rows_ * bytes_of_row(work->y) >= least_bytes; };
  return part_ >= least_part() && std::ranges::any_of(works_, is_large);
}

void Strips::run(const Bindings& at, std::byte* memory) const {
  for (const auto& work : works_)
    if (work->check) work->check(at);
  std::atomic<std::int64_t> next = 0;
#pragma omp parallel for schedule(static, 1)
  for (std::int64_t thread = 0; thread < threads_; ++thread)
    for (std::int64_t first = next.fetch_add(part_); first < rows_; first = next.fetch_add(part_))
      run_part(at, {first, std::min(part_, rows_ - first)}, memory + thread * thread_bytes());
}

std::int64_t Strips::least_part() const {
  return std::max(least_strips * strip_, least_reaches * farthest());
}

/// From the last step backwards: what is read of a value reaches as far as its reader's rows, and farther.
void Strips::find_reach() {
  for (std::size_t reader = works_.size(); reader-- > 0;)
    for (const RowWork::Read& read : works_[reader]->reads)
      for (std::size_t writer = 0; writer < reader; ++writer) {
        if (works_[writer]->y.buffer != read.view.buffer) continue;
        Reach& reach = reach_[writer];
        reach.before = std::max(reach.before, reach_[reader].before + read.before);
        reach.after = std::max(reach.after, reach_[reader].after + read.after);
      }
}

std::int64_t Strips::farthest() const {
  std::int64_t rows = 0;
  for (const Reach& reach : reach_) rows = std::max(rows, reach.before + reach.after);
  return rows;
}

void Strips::add_window(int buffer) {
  Window window{.buffer = buffer, .offset = window_bytes_};
  for (std::size_t w = 0; w < works_.size(); ++w) {
    if (works_[w]->y.buffer != buffer) continue;
    window.row_bytes = bytes_of_row(works_[w]->y);
    window.rows = std::max(window.rows, strip_ + reach_[w].before + reach_[w].after);
    for (std::size_t r = 0; r < works_.size(); ++r)
      for (const RowWork::Read& read : works_[r]->reads)
        if (read.view.buffer == buffer)
          window.rows = std::max(window.rows, strip_ + reach_[w].after - reach_[r].after + read.before);
  }
  window_bytes_ += aligned(window.rows * window.row_bytes);
  windows_.push_back(window);
}

std::int64_t Strips::thread_bytes() const {
  return window_bytes_ + aligned(scratch_ * static_cast<std::int64_t>(sizeof(float)));
}

void Strips::run_part(const Bindings& all, RowRange part, std::byte* memory) const {
  RowMemory at(all);
  auto* const scratch = reinterpret_cast<float*>(memory + window_bytes_);
  std::vector<std::int64_t> done(works_.size()), first(windows_.size());
  for (std::size_t w = 0; w < works_.size(); ++w)
    done[w] = std::max<std::int64_t>(part.first - reach_[w].before, 0);
  for (std::size_t i = 0; i < windows_.size(); ++i) first[i] = kept_from(windows_[i], done);
  for (std::int64_t end = part.first; end < part.end();) {
    end = std::min(end + strip_, part.end());
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const Window& window = windows_[i];
      std::byte* const rows = memory + window.offset;
      const std::int64_t from = kept_from(window, done), kept = made(window, done) - from;
      std::memmove(rows, rows + (from - first[i]) * window.row_bytes,
                   static_cast<std::size_t>(kept * window.row_bytes));
      first[i] = from;
      at.put(window.buffer, rows, from);
    }
    for (std::size_t w = 0; w < works_.size(); ++w) {
      const std::int64_t limit = std::min(end + reach_[w].after, rows_);
      if (limit > done[w]) works_[w]->run(at, {done[w], limit - done[w]}, scratch);
      done[w] = std::max(done[w], limit);
    }
    for (std::size_t i = 0; i < windows_.size(); ++i)
      LP_ASSERT(made(windows_[i], done) - first[i] <= windows_[i].rows);
  }
}

/// The first row of a value that somebody will look at.
std::int64_t Strips::kept_from(const Window& window, const std::vector<std::int64_t>& done) const {
  std::int64_t from = made(window, done);
  for (std::size_t w = 0; w < works_.size(); ++w) {
    if (works_[w]->y.buffer == window.buffer) from = std::min(from, done[w]);
    for (const RowWork::Read& read : works_[w]->reads)
      if (read.view.buffer == window.buffer)
        from = std::min(from, std::max<std::int64_t>(done[w] - read.before, 0));
  }
  return from;
}

/// Rows up to which a value is made.
std::int64_t Strips::made(const Window& window, const std::vector<std::int64_t>& done) const {
  std::int64_t end = 0;
  for (std::size_t w = 0; w < works_.size(); ++w)
    if (works_[w]->y.buffer == window.buffer) end = std::max(end, done[w]);
  return end;
}

}  // namespace lp::onednn
