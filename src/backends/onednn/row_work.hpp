#pragma once
#include "backends/onednn/program.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace lp::onednn {

/// Rows [first, first + count) of a sequence.
struct RowRange {
  std::int64_t first = 0, count = 0;
  std::int64_t end() const { return first + count; }
};

/// Where rows of sequences lie: in the memory of an instance, or, of some buffers, in windows that hold only
/// those rows that somebody looks at now.
class RowMemory {
 public:
  /// `sequence`: which one of a batch.
  explicit RowMemory(const Bindings& all, std::int64_t sequence = 0) : all_(all), sequence_(sequence) {}

  /// A row of a dense value [b, rows, width]. Its neighbours lie next to it, as far as they are there.
  std::byte* row(const View& view, std::int64_t row) const {
    const auto buffer = static_cast<std::size_t>(view.buffer);
    const std::int64_t row_bytes = view.dims[2] * static_cast<std::int64_t>(size_bytes(view.dtype));
    if (buffer < windows_.size() && windows_[buffer].at != nullptr)
      return windows_[buffer].at + (row - windows_[buffer].first) * row_bytes;
    return all_.pointer(view) + (sequence_ * view.dims[1] + row) * row_bytes;
  }
  std::span<const std::int32_t> indices(const View& view) const { return all_.indices(view); }
  std::int64_t sequence() const { return sequence_; }

  /// From now on the rows of a buffer from `first` on lie at `at`.
  void put(int buffer, std::byte* at, std::int64_t first) {
    const auto index = static_cast<std::size_t>(buffer);
    if (index >= windows_.size()) windows_.resize(index + 1);
    windows_[index] = {at, first};
  }

 private:
  struct Window {
    std::byte* at = nullptr;
    std::int64_t first = 0;
  };
  const Bindings& all_;
  std::int64_t sequence_;
  std::vector<Window> windows_;  // by buffer
};

/// A kernel that makes each row of a sequence from rows near it. Whoever runs it chooses which rows, in which
/// order and on which threads.
struct RowWork {
  /// A row of the result looks at rows of a value from `before` before it to `after` behind it, as far as the
  /// sequence goes.
  struct Read {
    View view;  // [b, rows, width], dense
    std::int64_t before = 0, after = 0;
  };
  std::vector<Read> reads;
  std::vector<View> whole;  // what is read besides, not by rows
  View y;                   // [b, rows, width], dense; may be one of `reads` that has no rows before or after
  std::int64_t block = 1;   // rows that are best made at a time
  std::int64_t unit = 1;    // rows that are made together: blocks of as many, or some times that, waste none
  std::int64_t scratch = 0;  // f32 numbers of memory that a call needs
  /// Called before a run, where what is read as a whole may be wrong: `run` must not throw.
  std::function<void(const Bindings& at)> check;
  /// On the caller's thread.
  std::function<void(const RowMemory& at, RowRange rows, float* scratch)> run;
};

/// A run of all rows on the caller's OpenMP team. `scratch`: of `threads` calls.
void run_all_rows(const RowWork& work, const Bindings& at, float* scratch, int threads);

/// Kernels that follow each other and make rows of one long sequence from each other's become one step, in
/// which each thread takes a part of the sequence strip by strip through all of them: what goes from one to
/// the next stays in the processor's cache, and has no memory but that. The numbers are the same, but for the
/// order of sums in kernels that make several rows together.
void join_row_work(Plan& plan, int threads);

}  // namespace lp::onednn
