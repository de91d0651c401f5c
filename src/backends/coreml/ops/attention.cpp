#include "ops/attention.hpp"

#include "backends/coreml/emission.hpp"
#include "backends/coreml/ops/layer_factors.hpp"
#include "backends/coreml/ops/row_masks.hpp"

#include <fmt/format.h>

#include <cmath>

namespace lp::coreml {
namespace {

/// Far below any score, and a number that half precision has; no infinity, of which the Neural Engine may
/// make NaN. Source: apple/ml-ane-transformers, which masks with -1e4.
constexpr float hidden = -1e4F;

float scale_of(const Emission& emission, int attention) {
  const Node& node = emission.node(attention);
  const std::int64_t width = emission.node(node.inputs[0]).shape[2].size.size();
  const std::int64_t head = width / node.op.as<op::Attention>()->heads;
  return 1.0F / std::sqrt(static_cast<float>(head));
}

/// A sequence's channels by heads: [b, d, 1, s] as [b, heads, d / heads, s].
Var by_heads(Emission& emission, const std::string& name, const Var& x, std::int64_t heads) {
  return mil::reshape(emission.function(), name, x, {x.size(0), heads, x.size(1) / heads, x.size(3)});
}

/// Which keys each query of an attention sees.
struct Sight {
  Var keys;  // truths [b or 1, 1, s or 1, t]
  Var any;   // 1 for a query that sees a key, else 0, [b or 1, 1, 1, s or 1]
};

/// The last key of each query, [b or 1, 1, s or 1, 1]: length - 1, causal length - queries + i of query i.
Var last_key(Emission& emission, const Node& node, std::int64_t queries, std::int64_t keys) {
  mil::Function& function = emission.function();
  const bool causal = node.op.as<op::Attention>()->causal != 0;
  const bool has_length = node.inputs.size() > 3 && node.inputs[3] >= 0;
  Var length = function.integer(keys);
  if (has_length) {
    const Var given = emission.indices(node.inputs[3]);
    length = mil::reshape(function, "length", given, {given.size(0), 1, 1, 1});
  }
  const Var ends =
      mil::elementwise(function, "sub", "last_key", length, function.integer(causal ? queries : 1));
  return causal ? mil::elementwise(function, "add", "last_key", row_numbers(emission, queries, 2), ends)
                : ends;
}

/// Nothing where all queries see all keys.
std::optional<Sight> sight_of(Emission& emission, const Node& node, std::int64_t queries, std::int64_t keys,
                              Element element) {
  const bool causal = node.op.as<op::Attention>()->causal != 0;
  const int length = node.inputs.size() > 3 ? node.inputs[3] : -1;
  if (!causal && length < 0) return {};
  mil::Function& function = emission.function();
  const std::string key = fmt::format("sight {} {} {} {}", causal, length, queries, keys);
  const Var last = emission.once(key + " last", [&] { return last_key(emission, node, queries, keys); });
  const Var seen = emission.once(key, [&] {
    return mil::compare(function, "less_equal", "seen", row_numbers(emission, keys, 3), last);
  });
  const Var any = emission.once(fmt::format("{} any {}", key, mil::codes(element).name), [&] {
    const Var row = mil::reshape(function, "sees_any", last, {last.size(0), 1, 1, last.size(2)});
    return mil::cast(function, "sees_any",
                     mil::compare(function, "greater_equal", "sees_any", row, function.integer(0)), element);
  });
  return Sight{seen, any};
}

void emit_attention(Emission& emission, int id) {
  const Node& node = emission.node(id);
  mil::Function& function = emission.function();
  const Element element = emission.element(id);
  const std::int64_t heads = node.op.as<op::Attention>()->heads;
  Var q = emission.channels(node.inputs[0], element);
  const Var k = emission.channels(node.inputs[1], element), v = emission.channels(node.inputs[2], element);
  const Sizes sizes = {q.size(0), v.size(1), 1, q.size(3)};
  if (layer_factors(emission, node.inputs[0]).empty())
    q = mil::elementwise(function, "mul", node.name, q, function.number(scale_of(emission, id), element));
  Var scores = mil::matmul(function, node.name, by_heads(emission, node.name, q, heads),
                           by_heads(emission, node.name, k, heads), {.transpose_x = true});
  const std::optional<Sight> sight = sight_of(emission, node, q.size(3), k.size(3), element);
  if (sight) scores = mil::select(function, node.name, sight->keys, scores, function.number(hidden, element));
  const Var weights = mil::softmax(function, node.name, scores, 3);
  const Var sums = mil::matmul(function, node.name, by_heads(emission, node.name, v, heads), weights,
                               {.transpose_y = true});
  Var found = mil::reshape(function, node.name, sums, sizes);
  if (sight) found = mil::elementwise(function, "mul", node.name, found, sight->any);
  emission.set(id, found, Form::channels);
}

}  // namespace

void add_attention_rules(Rules& rules) {
  rules.on<op::Attention>(emit_attention);
}

}  // namespace lp::coreml
