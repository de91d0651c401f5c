#pragma once
#include "backends/onednn/row_work.hpp"

#include <set>

namespace lp::onednn {

/// Kernels of one long sequence, each of which reads what those before it make. A thread takes a part of the
/// sequence strip by strip through all of them, and keeps of the values between them only the rows that are
/// still looked at.
class Strips {
 public:
  /// `own`: buffers of values that nobody else looks at.
  Strips(std::vector<std::shared_ptr<const RowWork>> works, const std::set<int>& own, int threads);

  /// Whether its values stay in a thread's cache.
  bool fits() const { return window_bytes_ <= most_window_bytes; }
  /// Whether the values are too large for a cache otherwise, and the parts large enough: where they meet,
  /// both make the rows that they look at.
  bool pays() const;
  /// Whether a step makes rows on either side of a part, too, which belong to other parts.
  bool reaches(std::size_t work) const { return reach_[work].before + reach_[work].after > 0; }

  std::int64_t memory_bytes() const { return threads_ * thread_bytes(); }
  /// On the caller's OpenMP team. `memory`: memory_bytes() of it.
  void run(const Bindings& at, std::byte* memory) const;

 private:
  static constexpr std::int64_t most_window_bytes = std::int64_t{768} << 10U;  // most of a second cache

  struct Reach {
    std::int64_t before = 0, after = 0;
  };
  /// Of a value, the rows that a thread keeps.
  struct Window {
    int buffer = -1;
    std::int64_t row_bytes = 0, rows = 0;
    std::int64_t offset = 0;  // bytes, in a thread's memory
  };

  void find_reach();
  std::int64_t farthest() const;
  std::int64_t least_part() const;
  void add_window(int buffer);
  std::int64_t thread_bytes() const;
  void run_part(const Bindings& all, RowRange part, std::byte* memory) const;
  std::int64_t kept_from(const Window& window, const std::vector<std::int64_t>& done) const;
  std::int64_t made(const Window& window, const std::vector<std::int64_t>& done) const;

  std::vector<std::shared_ptr<const RowWork>> works_;
  std::vector<Reach> reach_;  // by work: rows beside those of a part that it has to make
  std::vector<Window> windows_;
  std::int64_t rows_, threads_;
  std::int64_t strip_ = 1, part_ = 1;  // rows
  std::int64_t window_bytes_ = 0;      // of a thread
  std::int64_t scratch_ = 0;           // numbers of a thread, behind them
};

}  // namespace lp::onednn
