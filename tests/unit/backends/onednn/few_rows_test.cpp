#include "backends/onednn/kernels/few_rows.hpp"

#include "backends/onednn/kernels/rows.hpp"
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

/// x w^T with w in 8-bit numbers, and the same in double.
struct Products {
  std::vector<float> made;
  std::vector<double> exact;
};

Products multiply(std::int64_t rows, std::int64_t width, std::int64_t channels, const std::vector<float>& x,
                  const std::vector<std::int8_t>& w, const std::vector<float>& scales) {
  Products products;
  products.made.resize(static_cast<std::size_t>(rows * channels));
  for (std::int64_t m = 0; m < rows; ++m)
    for (std::int64_t j = 0; j < channels; ++j) {
      double sum = 0;
      for (std::int64_t i = 0; i < width; ++i)
        sum += static_cast<double>(x[static_cast<std::size_t>(m * width + i)]) *
               w[static_cast<std::size_t>(j * width + i)];
      products.exact.push_back(sum * static_cast<double>(scales[static_cast<std::size_t>(j)]));
    }
  std::vector<std::byte> scratch(few_rows_scratch(rows, width) + 64);
  const RowMatrix left{DType::f32, rows, width, width, reinterpret_cast<const std::byte*>(x.data()), nullptr};
  const RowMatrix right{DType::i8,    channels, width, width, reinterpret_cast<const std::byte*>(w.data()),
                        scales.data()};
  few_rows_product(left, right, scratch.data(),
                   [&](std::int64_t row, std::int64_t first, std::span<float> sums) {
                     std::ranges::copy(sums, products.made.begin() + row * channels + first);
                   });
  return products;
}

}  // namespace

TEST_CASE("a weight in 8-bit numbers is multiplied as exactly as 13 bits of the other side allow") {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  for (const auto& [rows, width, channels] :
       std::vector<std::array<std::int64_t, 3>>{{1, 512, 130}, {5, 2048, 70}, {3, 37, 9}, {9, 16, 64}}) {
    std::vector<float> x(static_cast<std::size_t>(rows * width)), scales(static_cast<std::size_t>(channels));
    std::vector<std::int8_t> w(static_cast<std::size_t>(channels * width));
    for (float& number : x) number = normal(random);
    for (float& scale : scales) scale = 0.01F + std::abs(normal(random));
    for (std::int8_t& number : w) number = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    const Products products = multiply(rows, width, channels, x, w, scales);
    double error = 0, sum = 0;
    for (std::size_t i = 0; i < products.exact.size(); ++i) {
      const double off = static_cast<double>(products.made[i]) - products.exact[i];
      error += off * off;
      sum += products.exact[i] * products.exact[i];
    }
    CHECK(std::sqrt(error / sum) < 5e-4);
  }
}

TEST_CASE("rows of a table in 8-bit numbers are found and scaled") {
  const std::vector<std::int8_t> table = {1, -2, 127, 0, 5, -127};
  const std::vector<float> scales = {0.5F, 2, 0.25F};
  const std::vector<std::int32_t> ids = {2, 0};
  std::vector<float> found(4);
  const View view{DType::f32, {2, 2}, {2, 1}, -1, 0, {}};
  gather_quantized_rows(3, 2, table.data(), scales.data(), ids, view,
                        reinterpret_cast<std::byte*>(found.data()));
  CHECK(found == std::vector<float>{1.25F, -31.75F, 0.5F, -1});
  const std::vector<std::int32_t> beyond = {3};
  CHECK_THROWS_AS(gather_quantized_rows(3, 2, table.data(), scales.data(), beyond, view,
                                        reinterpret_cast<std::byte*>(found.data())),
                  Error);
}

TEST_CASE("the largest numbers do not overflow, and what is no number stays so") {
  constexpr std::int64_t width = 5120;
  const std::vector<std::int8_t> w(width, 127);
  std::vector<float> x(width, 3.0F);
  const Products large = multiply(1, width, 1, x, w, {1.0F});
  CHECK(static_cast<double>(large.made[0]) == doctest::Approx(large.exact[0]).epsilon(1e-3));
  x[17] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(multiply(1, width, 1, x, w, {1.0F}).made[0]));
  x[17] = std::numeric_limits<float>::infinity();
  CHECK_FALSE(std::isfinite(multiply(1, width, 1, x, w, {1.0F}).made[0]));
  CHECK(multiply(1, width, 1, std::vector<float>(width, 0.0F), w, {1.0F}).made[0] == 0.0F);
}

}  // namespace lp::onednn
