#include "backends/onednn/kernels/byte_scores.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "base/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace lp::onednn {
namespace {

/// bf16 [rows, width], `step` numbers from row to row.
struct Rows {
  std::int64_t count, width, step;
  std::vector<std::uint16_t> numbers;

  double at(std::int64_t row, std::int64_t i) const {
    return from_bfloat(numbers[static_cast<std::size_t>(row * step + i)]);
  }
  void set(std::int64_t row, std::int64_t i, float to) {
    numbers[static_cast<std::size_t>(row * step + i)] = to_bfloat(to);
  }
};

/// Numbers around `center`; what lies between rows is none.
Rows drawn(std::int64_t count, std::int64_t width, float center, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Rows rows{count, width, width + 3, {}};
  rows.numbers.assign(static_cast<std::size_t>(count * rows.step), std::uint16_t{0x7FC0});
  for (std::int64_t row = 0; row < count; ++row)
    for (std::int64_t i = 0; i < width; ++i) rows.set(row, i, center + normal(random));
  return rows;
}

/// Scores [queries, keys] as the kernel has them.
std::vector<float> scores_of(const Rows& queries, const Rows& keys) {
  const ByteScores kernel{.keys = keys.count, .width = keys.width};
  std::vector<std::byte> packed(static_cast<std::size_t>(kernel.packed_bytes())),
      scratch(static_cast<std::size_t>(kernel.scratch_bytes(queries.count)));
  const std::int64_t step = (keys.count + ByteScores::panel - 1) / ByteScores::panel * ByteScores::panel;
  std::vector<float> all(static_cast<std::size_t>(queries.count * step)), scores;
  kernel.pack(keys.numbers.data(), keys.step, packed.data());
  kernel.multiply({queries.count, queries.numbers.data(), queries.step}, packed.data(), scratch.data(),
                  all.data(), step);
  for (std::int64_t row = 0; row < queries.count; ++row)
    scores.insert(scores.end(), all.begin() + row * step, all.begin() + row * step + keys.count);
  return scores;
}

std::vector<double> mean_of(const Rows& keys) {
  std::vector<double> mean(static_cast<std::size_t>(keys.width));
  for (std::int64_t key = 0; key < keys.count; ++key)
    for (std::int64_t i = 0; i < keys.width; ++i)
      mean[static_cast<std::size_t>(i)] += keys.at(key, i) / static_cast<double>(keys.count);
  return mean;
}

}  // namespace

TEST_CASE(
    "scores of bytes are as exact as a scale for each query and key allows, whatever keys have in common") {
  if (!ByteScores::available()) return;
  std::mt19937 random(7);
  for (const auto& [count, keys_count, width] : std::vector<std::array<std::int64_t, 3>>{
           {1, 5, 4}, {13, 33, 12}, {72, 700, 64}, {12, 32, 68}, {25, 65, 16}}) {
    CAPTURE(width);
    const Rows queries = drawn(count, width, 0, random), keys = drawn(keys_count, width, 5, random);
    const std::vector<float> scores = scores_of(queries, keys);
    const std::vector<double> mean = mean_of(keys);
    double most = 0;  // of the error that rounding explains
    for (std::int64_t query = 0; query < count; ++query)
      for (std::int64_t key = 0; key < keys_count; ++key) {
        double exact = 0, greatest_query = 0, greatest_key = 0, sum_query = 0, sum_key = 0;
        for (std::int64_t i = 0; i < width; ++i) {
          const double q = queries.at(query, i), k = keys.at(key, i) - mean[static_cast<std::size_t>(i)];
          exact += q * k;
          greatest_query = std::max(greatest_query, std::abs(q)),
          greatest_key = std::max(greatest_key, std::abs(k));
          sum_query += std::abs(q), sum_key += std::abs(k);
        }
        const double half_query = greatest_query / 254, half_key = greatest_key / 254;  // of a step
        const double explained =
            sum_query * half_key + sum_key * half_query + static_cast<double>(width) * half_query * half_key;
        const auto made = static_cast<double>(scores[static_cast<std::size_t>(query * keys_count + key)]);
        most = std::max(most, std::abs(made - exact) / explained);
      }
    CHECK(most < 1.001);
    CHECK(most > 0.01);  // else nothing was rounded
  }
}

TEST_CASE("scores of a query that is not finite are not numbers, those of zeros are zeros") {
  if (!ByteScores::available()) return;
  std::mt19937 random(8);
  Rows queries = drawn(4, 20, 0, random);
  const Rows keys = drawn(40, 20, 0, random);
  queries.set(0, 17, std::numeric_limits<float>::quiet_NaN());
  queries.set(1, 3, -std::numeric_limits<float>::infinity());
  for (std::int64_t i = 0; i < 20; ++i) queries.set(2, i, 0);
  const std::vector<float> scores = scores_of(queries, keys);
  const auto is_nan = [](float score) { return std::isnan(score); };
  CHECK(std::all_of(scores.begin(), scores.begin() + 80, is_nan));
  CHECK(std::all_of(scores.begin() + 80, scores.begin() + 120, [](float score) { return score == 0; }));
  CHECK(std::none_of(scores.begin() + 120, scores.end(), is_nan));
}

TEST_CASE("a key that is not finite leaves no score a number") {
  if (!ByteScores::available()) return;
  std::mt19937 random(9);
  const Rows queries = drawn(2, 8, 0, random);
  Rows keys = drawn(40, 8, 0, random);
  keys.set(33, 5, std::numeric_limits<float>::infinity());
  for (const float score : scores_of(queries, keys)) CHECK(std::isnan(score));
}

}  // namespace lp::onednn
