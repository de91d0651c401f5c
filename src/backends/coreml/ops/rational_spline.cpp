// Source of the equations: Durkan et al. 2019, arXiv:1906.04032; see backends/spline.hpp.
#include "backends/coreml/emission.hpp"
#include "backends/spline.hpp"
#include "ops/spline.hpp"

namespace lp::coreml {
namespace {

/// Arithmetic on values, all under one name.
struct Arithmetic {
  mil::Function& function;
  std::string name;

  Var number(float value, const Var& like) const { return function.number(value, like.type.element); }
  Var of(std::string_view operation, const Var& x, const Var& y) const {
    return mil::elementwise(function, operation, name, x, y);
  }
  Var add(const Var& x, const Var& y) const { return of("add", x, y); }
  Var add(const Var& x, float y) const { return of("add", x, number(y, x)); }
  Var subtract(const Var& x, const Var& y) const { return of("sub", x, y); }
  Var subtract(const Var& x, float y) const { return of("sub", x, number(y, x)); }
  Var multiply(const Var& x, const Var& y) const { return of("mul", x, y); }
  Var multiply(const Var& x, float y) const { return of("mul", x, number(y, x)); }
  Var divide(const Var& x, const Var& y) const { return of("real_div", x, y); }
  /// Axis 2, of bins.
  Var part(const Var& x, std::int64_t from, std::int64_t size) const {
    return mil::slice(function, name, x, 2, from, size);
  }
  Var pad(const Var& x, mil::Padding padding, float value) const {
    return mil::pad(function, name, x, 2, padding, value);
  }
};

/// Where the bins of each spline are, of sizes before a softmax [b, d, bins, s].
struct Bins {
  Var begins, ends;  // [b, d, bins, s]
  Var inner;         // where one ends and the next begins, [b, d, bins - 1, s]
};

Bins bins_of(const Arithmetic& a, const Var& sizes, float bound) {
  const std::int64_t count = sizes.size(2);
  const auto whole = 2 * static_cast<double>(bound), free = 1 - least_of_spline * static_cast<double>(count);
  const Var shares = a.multiply(mil::softmax(a.function, a.name, sizes, 2), static_cast<float>(whole * free));
  const Var widths = a.add(shares, static_cast<float>(whole * least_of_spline));
  const Var inner = a.subtract(a.part(mil::cumsum(a.function, a.name, widths, 2), 0, count - 1), bound);
  // The outer ends are the bound itself, whatever the sum is rounded to.
  return {a.pad(inner, {1, 0}, -bound), a.pad(inner, {0, 1}, bound), inner};
}

/// One bin for each number: from (x, y), with derivatives at its ends. [b, d, 1, s] each.
struct Bin {
  Var x, y, width, height, left, right;
};

/// The bin in which `at` lies, on the axis of `inner`.
Bin bin_at(const Arithmetic& a, const Var& at, const Var& inner, const Bins& xs, const Bins& ys,
           const Var& derivatives) {
  const std::int64_t count = xs.begins.size(2);
  const Var above = mil::cast(a.function, a.name,
                              mil::compare(a.function, "greater_equal", a.name, at, inner), at.type.element);
  const Var chosen = a.subtract(a.pad(above, {1, 0}, 1), a.pad(above, {0, 1}, 0));
  const auto choose = [&](const Var& of_bins) {
    return mil::reduce(a.function, "reduce_sum", a.name, a.multiply(chosen, of_bins), {2});
  };
  return {choose(xs.begins),
          choose(ys.begins),
          choose(a.subtract(xs.ends, xs.begins)),
          choose(a.subtract(ys.ends, ys.begins)),
          choose(a.part(derivatives, 0, count)),
          choose(a.part(derivatives, 1, count))};
}

/// Eq. 4.
Var forward(const Arithmetic& a, const Bin& bin, const Var& at) {
  const Var slope = a.divide(bin.height, bin.width),
            bend = a.subtract(a.add(bin.left, bin.right), a.multiply(slope, 2));
  const Var part = a.divide(a.subtract(at, bin.x), bin.width);
  const Var mixed = a.subtract(part, a.multiply(part, part));
  const Var above = a.add(a.multiply(slope, a.multiply(part, part)), a.multiply(bin.left, mixed)),
            below = a.add(slope, a.multiply(bend, mixed));
  return a.add(bin.y, a.divide(a.multiply(bin.height, above), below));
}

/// Eq. 6 to 8.
Var backward(const Arithmetic& a, const Bin& bin, const Var& at) {
  const Var slope = a.divide(bin.height, bin.width),
            bend = a.subtract(a.add(bin.left, bin.right), a.multiply(slope, 2));
  const Var up = a.subtract(at, bin.y), bent = a.multiply(up, bend), c = a.multiply(slope, up);
  const Var square = a.add(a.multiply(bin.height, a.subtract(slope, bin.left)), bent),
            linear = a.subtract(a.multiply(bin.height, bin.left), bent);
  const Var under_root = a.add(a.multiply(linear, linear), a.multiply(a.multiply(square, c), 4));
  const Var root =
      mil::unary(a.function, "sqrt", a.name, a.of("maximum", under_root, a.number(0, under_root)));
  return a.add(bin.x, a.divide(a.multiply(bin.width, a.multiply(c, 2)), a.add(linear, root)));
}

void emit_rational_spline(Emission& emission, int id) {
  const Node& node = emission.node(id);
  const auto& spline = *node.op.as<op::RationalSpline>();
  const Arithmetic a{emission.function(), node.name};
  const Element element = emission.element(id);
  const std::int64_t count = spline.bins;
  const Var x = emission.channels(node.inputs[0], element);
  if (count == 1) return emission.set(id, x, Form::channels);  // a line from end to end
  const Var how = mil::reshape(a.function, a.name, emission.channels(node.inputs[1], element),
                               {x.size(0), x.size(1), 3 * count - 1, x.size(3)});
  const Var at = mil::reshape(a.function, a.name, x, {x.size(0), x.size(1), 1, x.size(3)});
  const Bins xs = bins_of(a, a.part(how, 0, count), spline.bound),
             ys = bins_of(a, a.part(how, count, count), spline.bound);
  const Var rising = mil::unary(a.function, "softplus", a.name, a.part(how, 2 * count, count - 1));
  const Var derivatives = a.pad(a.add(rising, static_cast<float>(least_of_spline)), {1, 1}, 1);
  const bool back = spline.inverse == 1;
  const Bin bin = bin_at(a, at, back ? ys.inner : xs.inner, xs, ys, derivatives);
  const Var within = back ? backward(a, bin, at) : forward(a, bin, at);
  const Var size = mil::unary(a.function, "abs", a.name, at);
  const Var inside = mil::compare(a.function, "less_equal", a.name, size, a.number(spline.bound, size));
  emission.set(id, mil::select(a.function, a.name, inside, within, at), Form::channels);
}

}  // namespace

void add_spline_rules(Rules& rules) {
  rules.on<op::RationalSpline>(emit_rational_spline);
}

}  // namespace lp::coreml
