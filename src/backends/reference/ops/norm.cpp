#include "ops/norm.hpp"

#include "backends/reference/array.hpp"

#include <algorithm>
#include <cmath>

namespace lp::reference {
namespace {

/// Calls `row(from, to, width)` for each row of the last axis.
template <class Row>
void for_rows(const Call& call, Row row) {
  const Array& x = *call.in[0];
  const std::int64_t width = x.shape.back();
  for (std::size_t at = 0; at < x.data.size(); at += static_cast<std::size_t>(width))
    row(x.data.data() + at, call.out.data.data() + at, width);
}

void layer_norm(const Call& call) {
  const auto epsilon = static_cast<double>(call.as<op::LayerNorm>().epsilon);
  const Array &weight = *call.in[1], &bias = *call.in[2];
  for_rows(call, [&](const float* x, float* y, std::int64_t width) {
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < width; ++i) mean += static_cast<double>(x[i]);
    mean /= static_cast<double>(width);
    for (std::int64_t i = 0; i < width; ++i) variance += std::pow(static_cast<double>(x[i]) - mean, 2);
    const double scale = 1 / std::sqrt(variance / static_cast<double>(width) + epsilon);
    for (std::int64_t i = 0; i < width; ++i)
      y[i] = static_cast<float>((static_cast<double>(x[i]) - mean) * scale * static_cast<double>(weight[i]) +
                                static_cast<double>(bias[i]));
  });
}

void l2_normalize(const Call& call) {
  const auto epsilon = static_cast<double>(call.as<op::L2Normalize>().epsilon);
  for_rows(call, [&](const float* x, float* y, std::int64_t width) {
    double square = 0;
    for (std::int64_t i = 0; i < width; ++i) square += std::pow(static_cast<double>(x[i]), 2);
    const double length = std::max(std::sqrt(square), epsilon);
    for (std::int64_t i = 0; i < width; ++i) y[i] = static_cast<float>(static_cast<double>(x[i]) / length);
  });
}

void log_range(const Call& call) {
  const auto& how = call.as<op::LogRange>();
  const Array& x = *call.in[0];
  const auto sequence = static_cast<std::size_t>(x.size(1) * x.size(2));
  std::vector<double> logs(sequence);
  for (std::size_t at = 0; at < x.data.size(); at += sequence) {
    for (std::size_t i = 0; i < sequence; ++i)
      logs[i] = std::log10(std::max(static_cast<double>(x.data[at + i]), static_cast<double>(how.floor)));
    const double least = *std::ranges::max_element(logs) - static_cast<double>(how.range);
    for (std::size_t i = 0; i < sequence; ++i)
      call.out.data[at + i] = static_cast<float>(std::max(logs[i], least));
  }
}

}  // namespace

void add_norm_rules(Rules& rules) {
  rules.on<op::LayerNorm>(layer_norm);
  rules.on<op::L2Normalize>(l2_normalize);
  rules.on<op::LogRange>(log_range);
}

}  // namespace lp::reference
