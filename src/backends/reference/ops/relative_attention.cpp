#include "ops/relative_attention.hpp"

#include "backends/reference/array.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lp::reference {
namespace {

/// What one head of one sequence attends with.
struct Head {
  const Call& call;
  std::int64_t sequence, from, width, tokens, keys;

  const Array& in(std::size_t which) const { return *call.in[which]; }
  double at(const Array& x, std::int64_t row, std::int64_t i) const {
    return static_cast<double>(x[(sequence * tokens + row) * x.size(2) + from + i]);
  }
  double table(const Array& x, std::int64_t row, std::int64_t i) const {
    return static_cast<double>(x[row * x.size(1) + from + i]);
  }
  /// The row of the tables for a query and a key; nothing beyond them is one.
  std::int64_t row(std::int64_t query, std::int64_t key) const {
    const std::int64_t rows = in(4).size(0), row = key - query + (rows - 1) / 2;
    return row >= 0 && row < rows ? row : -1;
  }

  double score(std::int64_t query, std::int64_t key) const {
    double sum = 0;
    const std::int64_t distance = row(query, key);
    for (std::int64_t i = 0; i < width; ++i) {
      sum += at(in(0), query, i) * at(in(1), key, i);
      if (distance >= 0) sum += at(in(3), query, i) * table(in(4), distance, i);
    }
    return sum / std::sqrt(static_cast<double>(width));
  }

  std::vector<double> weights(std::int64_t query) const {
    std::vector<double> scores(static_cast<std::size_t>(keys));
    double greatest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t key = 0; key < keys; ++key)
      greatest = std::max(greatest, scores[static_cast<std::size_t>(key)] = score(query, key));
    for (double& score : scores) sum += score = std::exp(score - greatest);
    for (double& score : scores) score /= sum;
    return scores;
  }

  void run(std::int64_t query) const {
    const std::vector<double> weight = weights(query);
    for (std::int64_t i = 0; i < width; ++i) {
      double sum = 0;
      for (std::int64_t key = 0; key < keys; ++key) {
        double value = at(in(2), key, i);
        if (const std::int64_t distance = row(query, key); call.in[5] != nullptr && distance >= 0)
          value += table(in(5), distance, i);
        sum += weight[static_cast<std::size_t>(key)] * value;
      }
      call.out[(sequence * tokens + query) * call.out.size(2) + from + i] = static_cast<float>(sum);
    }
  }
};

void relative_attention(const Call& call) {
  const auto& how = call.as<op::RelativeAttention>();
  const std::int64_t tokens = call.out.size(1), width = call.out.size(2) / how.heads;
  for (std::int64_t b = 0; b < call.out.size(0); ++b) {
    const std::int64_t keys =
        call.in[6] == nullptr ? tokens : call.in[6]->indices[static_cast<std::size_t>(b)];
    if (keys < 0 || keys > tokens)
      fail(Fault::bad_input, "relative_attention: length {} is not within {} keys", keys, tokens);
    for (std::int64_t head = 0; head < how.heads; ++head)
      for (std::int64_t query = 0; query < tokens; ++query)
        Head{call, b, head * width, width, tokens, keys}.run(query);
  }
}

}  // namespace

void add_relative_attention_rules(Rules& rules) {
  rules.on<op::RelativeAttention>(relative_attention);
}

}  // namespace lp::reference
