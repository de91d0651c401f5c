#include "ops/dim.hpp"

#include "base/error.hpp"

#include <cstdlib>
#include <numeric>

namespace lp {

std::int64_t Dim::size() const {
  if (!fixed()) fail(Fault::internal, "the size {} is known only when the graph runs", text());
  return offset_;
}

std::int64_t Dim::at(std::int64_t value) const {
  return fixed() ? offset_ : times_ * (value / symbol_->unit) + offset_;
}

std::string Dim::text() const {
  if (fixed()) return std::to_string(offset_);
  const std::int64_t common = std::gcd(times_, symbol_->unit);
  const std::int64_t up = times_ / common, down = symbol_->unit / common;
  std::string out = up == 1 ? symbol_->name : fmt::format("{}*{}", up, symbol_->name);
  if (down != 1) out += fmt::format("/{}", down);
  if (offset_ != 0) out += fmt::format(" {} {}", offset_ < 0 ? '-' : '+', std::abs(offset_));
  return out;
}

Dim operator+(const Dim& a, const Dim& b) {
  if (!a.fixed() && !b.fixed() && a.symbol_ != b.symbol_)
    fail(Fault::bad_model, "cannot add {} and {}: a size follows one symbol only", a.text(), b.text());
  Dim sum = a.fixed() ? b : a;
  sum.times_ = a.times_ + b.times_;
  sum.offset_ = a.offset_ + b.offset_;
  return sum;
}

Dim operator*(const Dim& a, std::int64_t by) {
  Dim product = a;
  product.times_ *= by;
  product.offset_ *= by;
  return product;
}

Dim operator-(const Dim& a, const Dim& b) {
  return a + b * -1;
}

Dim operator/(const Dim& a, std::int64_t by) {
  if (a.times_ % by != 0)
    fail(Fault::bad_model, "{} is not known to divide by {}; declare `{}` as a multiple of {}", a.text(), by,
         a.symbol_->name, a.symbol_->unit * by);
  Dim quotient = a;
  quotient.times_ /= by;
  quotient.offset_ = a.offset_ / by - (a.offset_ % by < 0 ? 1 : 0);
  return quotient;
}

}  // namespace lp
