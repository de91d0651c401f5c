#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace lp {

/// A length that is known only when a graph runs: tokens, frames, samples. Declared once per graph; backends
/// make their profiles, ranges and plan caches of it. Inputs are padded to the next bucket and masked.
struct Symbol {
  std::string name;
  std::int64_t unit = 1;  // every value is a multiple of it
  std::int64_t least = 1, most = 0;
  std::vector<std::int64_t> buckets;  // rising; empty: any multiple of `unit`
};

/// One extent of a shape: a fixed size, or a linear function of one Symbol. Arithmetic stays exact: halving a
/// length declared as a multiple of 32 gives a multiple of 16, and dividing by what the declaration does not
/// promise is an error when the model is built, not when it runs. The Symbol must outlive the Dim (the graph
/// owns it).
class Dim {
 public:
  Dim(std::int64_t size = 0) : offset_(size) {}  // NOLINT(google-explicit-constructor): sizes are dims
  explicit Dim(const Symbol& symbol) : symbol_(&symbol), times_(symbol.unit) {}

  bool fixed() const { return times_ == 0; }
  /// The size of a fixed dim. @throws Error{internal} for one that is not.
  std::int64_t size() const;
  const Symbol* symbol() const { return fixed() ? nullptr : symbol_; }
  /// The size once the symbol has a value.
  std::int64_t at(std::int64_t value) const;
  std::string text() const;  // "320", "T/2", "2*S + 1"

  friend bool operator==(const Dim& a, const Dim& b) {
    return a.offset_ == b.offset_ && a.times_ == b.times_ && (a.fixed() || a.symbol_ == b.symbol_);
  }
  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, std::int64_t by);
  /// Rounds down. @throws Error{bad_model} if the symbol's unit does not promise that `by` divides it.
  friend Dim operator/(const Dim& a, std::int64_t by);

 private:
  const Symbol* symbol_ = nullptr;
  std::int64_t offset_ = 0;
  std::int64_t times_ = 0;  // value = times * symbol / unit + offset
};

}  // namespace lp
