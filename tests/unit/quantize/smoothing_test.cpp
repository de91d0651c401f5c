#include "quantize/smoothing.hpp"

#include "backends/backend.hpp"
#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "nn/layers.hpp"
#include "ops/quant.hpp"
#include "quantize/levels.hpp"
#include "quantize/weights.hpp"
#include "support/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <list>

namespace lp {
namespace {

/// Two layers behind one another and what they read added to the result, as in a transformer.
Graph network() {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  const Tensor x = input(graph, "x", {{"n", 2}, {"s", 7}, {"d", 24}});
  const Tensor hidden = nn::gelu(nn::linear(x, w / "up", 40));
  const Tensor y = nn::operator+(nn::linear(hidden, w / "down", 24), x);
  graph.outputs = {{"y", y.id}};
  return graph;
}

const std::set<std::string, std::less<>> weights = {"up.weight", "down.weight"};

/// Channel 3 of x is a hundred times as large as the others; so is what leads to channel 5 of the hidden
/// ones.
struct Example {
  Graph graph = network();
  Checkpoint plain = formula_checkpoint(graph, 1.0);
  std::vector<float> x;
  std::list<std::vector<float>> values;
  std::list<QuantizedTensor> quantized;

  Example() {
    for (const double u : formula_uniform("x", 2 * 7 * 24)) x.push_back(static_cast<float>(2 * u - 1));
    for (std::size_t i = 3; i < x.size(); i += 24) x[i] *= 100;
    std::vector<float>& up = values.emplace_back(to_f32(plain.tensors.at("up.weight")));
    for (std::size_t i = 0; i < 24; ++i) up[5 * 24 + i] *= 20;
    plain.tensors.at("up.weight").data = std::as_bytes(std::span(up));
  }

  std::vector<float> run(const Graph& made, const Checkpoint& checkpoint, const Backend& backend,
                         std::vector<float>* hidden = nullptr) const {
    std::vector<float> y(x.size());
    const TensorView in{DType::f32, {2, 7, 24}, {}, const_cast<float*>(x.data())};
    const std::array out = {TensorView{DType::f32, {2, 7, 24}, {}, y.data()}};
    CompileOptions options;
    if (hidden != nullptr) options.keep = {"*"};
    const auto instance = backend.compile(made, backend.weights(checkpoint), options)->instance();
    instance->run({std::span(&in, 1), out});
    if (hidden != nullptr) *hidden = instance->value(hidden_name());
    return y;
  }

  std::string hidden_name() const {
    std::string name;
    for (const auto& [value, paths] : values_to_smooth(graph, weights))
      if (paths == std::vector<std::string>{"down.weight"}) name = value;
    return name;
  }

  /// The weights in 8 bits, divided by the factors of what they are multiplied by if they have some.
  Checkpoint in_8_bits(const Smoothing& smoothing) {
    Checkpoint made = plain;
    for (const std::string& path : weights) {
      std::vector<float> numbers = to_f32(plain.tensors.at(path));
      const auto factors = smoothing.find(path);
      for (std::size_t i = 0; factors != smoothing.end() && i < numbers.size(); ++i)
        numbers[i] /= factors->second->at(i % factors->second->size());
      StoredTensor& tensor = made.tensors.at(path);
      const QuantizedTensor& rows = quantized.emplace_back(quantize_rows(numbers, tensor.shape.front()));
      tensor = {DType::i8, tensor.shape, std::as_bytes(std::span(rows.numbers)),
                std::as_bytes(std::span(rows.scales))};
      if (factors != smoothing.end()) tensor.smoothing = std::as_bytes(std::span(*factors->second));
    }
    return made;
  }
};

double relative(const std::vector<float>& found, const std::vector<float>& expected) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i % 24 == 3) continue;  // the large one hides the others
    error += std::pow(double{found[i]} - expected[i], 2);
    size += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(error / size);
}

}  // namespace

TEST_CASE("factors make channels alike, the larger the weights the less") {
  const std::vector<Range> channels = {{-1, 1}, {0, 16}, {-0.0625F, 0}, {0, 0}};
  const std::vector<float> factors = smoothing_factors(channels, std::vector<float>{1, 1, 1, 1});
  CHECK(factors[0] == doctest::Approx(1));
  CHECK(factors[1] == doctest::Approx(1 / 8.0));
  CHECK(factors[2] == doctest::Approx(8));
  CHECK(std::isfinite(factors[3]));
  const std::vector<float> heavy = smoothing_factors(channels, std::vector<float>{1, 16, 1, 1});
  CHECK(heavy[1] == doctest::Approx(1 / 4.0));
  const Range range = smoothed_range(channels, factors);
  CHECK(range.low == doctest::Approx(-1.4));
  CHECK(range.high == doctest::Approx(2.8));
  CHECK(smoothing_factors(std::vector<Range>{{0, 0}}, std::vector<float>{0}) == std::vector<float>{1});
  std::vector<Range> columns;
  join_columns(columns, std::vector<float>{1, 2, 3, -4}, 2);
  CHECK(columns == std::vector<Range>{{1, 3}, {-4, 2}});
}

TEST_CASE("smoothed levels keep small channels beside a large one, on every runtime") {
  Example example;
  const auto smooth = values_to_smooth(example.graph, weights);
  REQUIRE(smooth.size() == 2);
  const Backend& reference = find_backend("reference");
  std::vector<float> hidden;
  const std::vector<float> exact = example.run(example.graph, example.plain, reference, &hidden);

  Ranges ranges, plain_ranges;
  Smoothing smoothing;
  for (const auto& [value, paths] : smooth) {
    const std::vector<float>& numbers = value == "x" ? example.x : hidden;
    const std::vector<float> weight = to_f32(example.plain.tensors.at(paths.front()));
    const auto columns = static_cast<std::size_t>(example.plain.tensors.at(paths.front()).shape.back());
    std::vector<Range> channels;
    join_columns(channels, numbers, columns);
    std::vector<float> largest(columns);
    take_largest(largest, weight);
    auto factors = std::make_shared<const std::vector<float>>(smoothing_factors(channels, largest));
    ranges[value] = smoothed_range(channels, *factors);
    plain_ranges[value] = smoothed_range(channels, std::vector<float>(columns, 1.0F));
    smoothing.emplace(paths.front(), factors);
  }
  const Graph smoothed = with_levels(example.graph, weights, ranges, smoothing);
  const Graph rough = with_levels(example.graph, weights, plain_ranges);
  const Checkpoint in_levels = example.in_8_bits(smoothing);
  const std::vector<float> expected = example.run(smoothed, in_levels, reference);
  const double error = relative(expected, exact);
  CHECK(error < 0.05);
  CHECK(relative(example.run(rough, example.in_8_bits({}), reference), exact) > 3 * error);
  CHECK(smoothing_of(in_levels).size() == 2);
  // Without levels the weights are what they were.
  CHECK(relative(example.run(example.graph, in_levels, reference), exact) < 0.02);
  for (const Backend* backend : backends()) {
    if (!backend->computes(DType::i8)) continue;
    CHECK_MESSAGE(relative(example.run(smoothed, in_levels, *backend), expected) < 0.02, backend->name());
    std::vector<float> kept;
    CHECK_MESSAGE(relative(example.run(smoothed, in_levels, *backend, &kept), expected) < 0.02,
                  backend->name());
    CHECK(kept.size() == hidden.size());
  }
  smoothing.at("up.weight") = std::make_shared<const std::vector<float>>(23, 1.0F);
  CHECK_THROWS_AS(with_levels(example.graph, weights, ranges, smoothing), Error);
}

}  // namespace lp
