#include "ops/relative_attention.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/sight.hpp"

#include <algorithm>
#include <cmath>

namespace lp::coreml {
namespace {

/// The tokens of one attention, and those of its distances that two of them can have: -reach to reach.
struct Distances {
  std::int64_t tokens, reach;

  std::int64_t count() const { return 2 * reach + 1; }
};

/// The rows of a table [r, d] for these distances, by heads: [1, heads, d / heads, count].
Var table(Emission& emission, const std::string& name, int id, std::int64_t heads, const Distances& distances,
          Element element) {
  const std::vector<std::int64_t> own = sizes(emission.node(id).shape);
  const std::int64_t first = (own[0] - distances.count()) / 2;
  const Sizes apart = {1, heads, own[1] / heads, distances.count()};
  if (!emission.is_known(id)) {
    mil::Function& function = emission.function();
    const Var rows = mil::slice(function, name, emission.plain(id, element), 0, first, distances.count());
    return mil::reshape(function, name, mil::transpose(function, name, rows, {1, 0}), apart);
  }
  const std::vector<float> numbers = emission.numbers(id);
  std::vector<float> turned;
  turned.reserve(static_cast<std::size_t>(own[1] * distances.count()));
  for (std::int64_t column = 0; column < own[1]; ++column)
    for (std::int64_t row = first; row < first + distances.count(); ++row)
      turned.push_back(numbers[static_cast<std::size_t>(row * own[1] + column)]);
  return emission.constant(emission.node(id).name, turned, apart, element);
}

/// Numbers of each query by distance [b, heads, s, count] as numbers by key [b, heads, s, s], 0 where a key
/// is further away. A query's row is padded to 2 s numbers, for distances from -s to s - 1; without the first
/// s of all numbers, in rows of 2 s - 1, key j of query i stands in column j. (Dai et al. 2019, appendix B,
/// shift rows in this way.)
Var by_keys(mil::Function& function, const std::string& name, const Var& x, const Distances& distances) {
  const std::int64_t b = x.size(0), heads = x.size(1), tokens = distances.tokens,
                     beyond = tokens - 1 - distances.reach;
  const Var padded = mil::pad(function, name, x, 3, {beyond + 1, beyond});
  const Var halves = mil::reshape(function, name, padded, {b, heads, 2 * tokens, tokens});
  const Var rest = mil::slice(function, name, halves, 2, 1, 2 * tokens - 1);
  const Var shifted = mil::reshape(function, name, rest, {b, heads, tokens, 2 * tokens - 1});
  return mil::slice(function, name, shifted, 3, 0, tokens);
}

/// The way back: numbers by key as numbers by distance.
Var by_distances(mil::Function& function, const std::string& name, const Var& x, const Distances& distances) {
  const std::int64_t b = x.size(0), heads = x.size(1), tokens = distances.tokens;
  const Var wide = mil::pad(function, name, x, 3, {0, tokens - 1});
  const Var rows = mil::reshape(function, name, wide, {b, heads, 2 * tokens - 1, tokens});
  const Var padded = mil::pad(function, name, rows, 2, {1, 0});
  const Var shifted = mil::reshape(function, name, padded, {b, heads, tokens, 2 * tokens});
  return mil::slice(function, name, shifted, 3, tokens - distances.reach, distances.count());
}

void emit_relative_attention(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const Element element = emission.element(id);
  const std::int64_t heads = node.op.as<op::RelativeAttention>()->heads;
  const Var k = emission.channels(node.inputs[1], element), v = emission.channels(node.inputs[2], element);
  const Sizes result = k.type.sizes;
  const std::int64_t tokens = result[3], rows = emission.node(node.inputs[4]).shape[0].size.size();
  const Distances distances{tokens, std::min((rows - 1) / 2, tokens - 1)};
  const std::int64_t width = result[1] / heads;
  const Var scale = function.number(1.0F / std::sqrt(static_cast<float>(width)), element);
  const auto scaled_heads = [&](int from) {
    const Var x = emission.channels(from, element);
    return by_heads(emission, node.name, mil::elementwise(function, "mul", node.name, x, scale), heads);
  };
  const Var q = scaled_heads(node.inputs[0]);
  const Var ask = node.inputs[3] == node.inputs[0] ? q : scaled_heads(node.inputs[3]);
  const Var of_keys =
      mil::matmul(function, node.name, q, by_heads(emission, node.name, k, heads), {.transpose_x = true});
  const Var near = table(emission, node.name, node.inputs[4], heads, distances, element);
  const Var of_distances = by_keys(
      function, node.name, mil::matmul(function, node.name, ask, near, {.transpose_x = true}), distances);
  const Var scores = mil::elementwise(function, "add", node.name, of_keys, of_distances);
  const auto input = [&](std::size_t i) { return node.inputs.size() > i ? node.inputs[i] : -1; };
  const std::optional<Sight> sight =
      sight_of(emission, {.length = input(6), .queries = tokens, .keys = tokens}, element);
  const Var weights = mil::softmax(function, node.name, hide(function, node.name, sight, scores), 3);
  Var sums = mil::matmul(function, node.name, by_heads(emission, node.name, v, heads), weights,
                         {.transpose_y = true});
  if (const int found = input(5); found >= 0) {
    const Var more =
        mil::matmul(function, node.name, table(emission, node.name, found, heads, distances, element),
                    by_distances(function, node.name, weights, distances), {.transpose_y = true});
    sums = mil::elementwise(function, "add", node.name, sums, more);
  }
  Var found = mil::reshape(function, node.name, sums, result);
  if (sight) found = mil::elementwise(function, "mul", node.name, found, sight->any);
  emission.set(id, found, Form::channels);
}

}  // namespace

void add_relative_attention_rules(Rules& rules) {
  rules.on<op::RelativeAttention>(emit_relative_attention);
}

}  // namespace lp::coreml
