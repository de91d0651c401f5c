#pragma once
#include "tasks/streaming/stream_window.hpp"

#include <span>
#include <string>
#include <vector>

namespace lp {

/// Remembers since when each word of a stream is shown as it is.
class Appearances {
 public:
  /// `finals` and `open` behind them are shown from `now` on, seconds on any clock, in place of what was open
  /// before. Returns for each of `finals` since when it has been there without a break: a word that was
  /// another in between is new. Old and new words belong together as their longest common subsequence has
  /// them.
  std::vector<double> show(std::span<const StreamWord> finals, std::span<const StreamWord> open, double now);

 private:
  struct Shown {
    std::string word;
    double since = 0;
  };
  std::vector<Shown> open_;
};

/// The value below which `part` (0 to 1) of the values lie, those between two values linearly; 0 without
/// values. Source: Hyndman and Fan 1996, "Sample Quantiles in Statistical Packages", definition 7.
double quantile(std::vector<double> values, double part);

}  // namespace lp
