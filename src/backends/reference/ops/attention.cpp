#include "ops/attention.hpp"

#include "backends/reference/array.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lp::reference {
namespace {

/// One head of one sequence: rows of a [b, s, width] tensor, cut at the head.
struct Head {
  const Array& whole;
  std::int64_t sequence, from, width;
  float at(std::int64_t row, std::int64_t i) const {
    return whole[(sequence * whole.size(1) + row) * whole.size(2) + from + i];
  }
};

/// softmax(q k / sqrt(width)) over the first `keys` keys; empty for none.
std::vector<double> weights(const Head& q, std::int64_t query, const Head& k, std::int64_t keys) {
  std::vector<double> scores(static_cast<std::size_t>(keys));
  double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::int64_t t = 0; t < keys; ++t) {
    double dot = 0;
    for (std::int64_t i = 0; i < q.width; ++i)
      dot += static_cast<double>(q.at(query, i)) * static_cast<double>(k.at(t, i));
    scores[static_cast<std::size_t>(t)] = dot / std::sqrt(static_cast<double>(q.width));
    greatest = std::max(greatest, scores[static_cast<std::size_t>(t)]);
  }
  for (double& score : scores) sum += score = std::exp(score - greatest);
  for (double& score : scores) score /= sum;
  return scores;
}

void attention(const Call& call) {
  const auto& how = call.as<op::Attention>();
  const Array &q = *call.in[0], &k = *call.in[1], &v = *call.in[2];
  const std::int64_t queries = q.size(1), capacity = k.size(1);
  const std::int64_t key_width = q.size(2) / how.heads, value_width = v.size(2) / how.heads;
  for (std::int64_t b = 0; b < q.size(0); ++b) {
    const std::int64_t length =
        call.in[3] == nullptr ? capacity : call.in[3]->indices[static_cast<std::size_t>(b)];
    if (length < 0 || length > capacity)
      fail(Fault::bad_input, "attention: length {} is not within {} keys", length, capacity);
    for (std::int64_t head = 0; head < how.heads; ++head)
      for (std::int64_t s = 0; s < queries; ++s) {
        const std::int64_t keys =
            how.causal == 0 ? length : std::max<std::int64_t>(0, length - queries + s + 1);
        const Head qh{q, b, head * key_width, key_width}, kh{k, b, head * key_width, key_width},
            vh{v, b, head * value_width, value_width};
        const std::vector<double> weight = weights(qh, s, kh, keys);
        for (std::int64_t i = 0; i < value_width; ++i) {
          double sum = 0;
          for (std::int64_t t = 0; t < keys; ++t)
            sum += weight[static_cast<std::size_t>(t)] * static_cast<double>(vh.at(t, i));
          call.out[(b * queries + s) * v.size(2) + head * value_width + i] = static_cast<float>(sum);
        }
      }
  }
}

}  // namespace

void add_attention_rules(Rules& rules) {
  rules.on<op::Attention>(attention);
}

}  // namespace lp::reference
