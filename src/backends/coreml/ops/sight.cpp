#include "backends/coreml/ops/sight.hpp"

#include "backends/coreml/ops/row_masks.hpp"

#include <fmt/format.h>

namespace lp::coreml {
namespace {

/// Far below any score, and a number that half precision has; no infinity, of which the Neural Engine may
/// make NaN. Source: apple/ml-ane-transformers, which masks with -1e4.
constexpr float hidden = -1e4F;

/// The last key of each query, [b or 1, 1, s or 1, 1]: length - 1, causal length - queries + i of query i.
Var last_key(Emission& emission, const Seen& seen) {
  mil::Function& function = emission.function();
  Var length = function.integer(seen.keys);
  if (seen.length >= 0) {
    const Var given = emission.indices(seen.length);
    length = mil::reshape(function, "length", given, {given.size(0), 1, 1, 1});
  }
  const Var ends =
      mil::elementwise(function, "sub", "last_key", length, function.integer(seen.causal ? seen.queries : 1));
  return seen.causal
             ? mil::elementwise(function, "add", "last_key", row_numbers(emission, seen.queries, 2), ends)
             : ends;
}

}  // namespace

Var by_heads(Emission& emission, const std::string& name, const Var& x, std::int64_t heads) {
  return mil::reshape(emission.function(), name, x, {x.size(0), heads, x.size(1) / heads, x.size(3)});
}

std::optional<Sight> sight_of(Emission& emission, const Seen& seen, Element element) {
  if (!seen.causal && seen.length < 0) return {};
  mil::Function& function = emission.function();
  const std::string key = fmt::format("sight {} {} {} {}", seen.causal, seen.length, seen.queries, seen.keys);
  const Var last = emission.once(key + " last", [&] { return last_key(emission, seen); });
  const Var keys = emission.once(key, [&] {
    return mil::compare(function, "less_equal", "seen", row_numbers(emission, seen.keys, 3), last);
  });
  const Var any = emission.once(fmt::format("{} any {}", key, mil::codes(element).name), [&] {
    const Var row = mil::reshape(function, "sees_any", last, {last.size(0), 1, 1, last.size(2)});
    return mil::cast(function, "sees_any",
                     mil::compare(function, "greater_equal", "sees_any", row, function.integer(0)), element);
  });
  return Sight{keys, any};
}

Var hide(mil::Function& function, const std::string& name, const std::optional<Sight>& sight,
         const Var& scores) {
  if (!sight) return scores;
  return mil::select(function, name, sight->keys, scores, function.number(hidden, scores.type.element));
}

}  // namespace lp::coreml
