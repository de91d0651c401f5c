// Kernels of long sequences that follow each other: each thread takes a part through all of them, strip by
// strip. Compared with the reference, which knows nothing of that.
#include "nn/layers.hpp"
#include "unit/backends/onednn/compare.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

constexpr std::int64_t channels = 16;

struct Sequence {
  explicit Sequence(std::int64_t rows, std::int64_t batch = 1)
      : x(input(graph, "x", {{"b", batch}, {"s", rows}, {"d", channels}})),
        length(indices(graph, "length", {{"b", batch}})) {}

  Graph graph;
  Binder binder{graph, nullptr};
  Scope w{binder};
  Tensor x, length;

  Tensor conv(Tensor given, std::string_view name, std::int64_t kernel = 3, std::int64_t dilation = 1) {
    return nn::conv1d(given, w / name, channels, {.kernel = kernel, .dilation = dilation});
  }
  /// A residual block as vocoders have it.
  Tensor block(Tensor given, const std::string& name, std::int64_t kernel, std::int64_t dilation) {
    const Tensor first =
        nn::leaky_relu(conv(nn::leaky_relu(given, 0.1F), name + "1", kernel, dilation), 0.1F);
    return nn::operator+(conv(nn::mask_rows(first, length), name + "2", kernel), given);
  }
  /// The kernels that ran.
  std::vector<std::string> check(Tensor y, std::int32_t rows, int threads = 2) {
    graph.outputs = {{"y", y.id}};
    CompileOptions options;
    options.threads = threads;
    return onednn::check(graph, is_reference, rows, options);
  }
};

std::vector<std::string> strips_of(const std::vector<std::string>& kernels) {
  std::vector<std::string> found;
  for (const std::string& kernel : kernels)
    if (kernel.starts_with("strips:")) found.push_back(kernel);
  return found;
}

bool has_short_filters() {
  Sequence s(200);
  const auto kernels = s.check(s.conv(s.x, "only"), 200);
  return std::ranges::any_of(kernels, [](const auto& kernel) { return kernel.starts_with("short_filter"); });
}

TEST_CASE("strips: blocks of a vocoder, whatever the threads and the rows that count") {
  if (!has_short_filters()) {
    MESSAGE("no short filters on this processor");
    return;
  }
  for (const auto& [threads, length] : {std::pair(1, 16'511), std::pair(2, 0), std::pair(3, 9'001)}) {
    CAPTURE(threads);
    CAPTURE(length);
    Sequence s(16'511);  // ends within a tile
    const Tensor x = nn::leaky_relu(s.x, 0.5F);
    const Tensor sum = nn::operator+(s.block(x, "b", 5, 5), s.block(x, "a", 3, 1));
    const Tensor y = nn::mask_rows(nn::leaky_relu(nn::scaled(sum, 0.5F), 0.1F), s.length);
    const auto kernels = s.check(nn::tanh(nn::conv1d(y, s.w / "last", 1, {.kernel = 7})), length, threads);
    CHECK(strips_of(kernels).size() == 1);
  }
}

TEST_CASE("strips: on every processor, of what is ours there") {
  Sequence s(17'000);
  const Tensor x = nn::mask_rows(nn::leaky_relu(nn::leaky_relu(s.x, 0.5F), 0.1F), s.length);
  const auto kernels = s.check(nn::conv1d(x, s.w / "last", 1, {.kernel = 7}), 16'000);
  CHECK(has(kernels, "strips:4"));
}

TEST_CASE("strips: a value that others read later is written once, where it belongs") {
  if (!has_short_filters()) {
    MESSAGE("no short filters on this processor");
    return;
  }
  Sequence s(16'500);
  const Tensor first = s.block(s.x, "first", 3, 2), second = s.block(first, "second", 5, 1);
  const Tensor wide = nn::concat({first, second}, "d");  // made behind the strips
  const auto kernels = s.check(nn::conv1d(wide, s.w / "last", channels, {.kernel = 3}), 15'000);
  CHECK(strips_of(kernels).size() == 2);
}

TEST_CASE("strips: as many steps as fit a cache, the others in more strips") {
  if (!has_short_filters()) {
    MESSAGE("no short filters on this processor");
    return;
  }
  Sequence s(16'500);
  Tensor x = s.x;
  for (int i = 0; i < 9; ++i) x = s.block(x, "block" + std::to_string(i), 3, 1);
  CHECK(strips_of(s.check(x, 16'000)).size() > 1);
}

TEST_CASE("strips: not of short sequences, and not of several") {
  Sequence alone(2'000), several(17'000, 2);
  CHECK(strips_of(alone.check(alone.block(alone.x, "a", 3, 1), 1'500)).empty());
  CHECK(strips_of(several.check(several.block(several.x, "a", 3, 1), 15'000)).empty());
}

TEST_CASE("strips: a length that no sequence has is said before any row is made") {
  if (!has_short_filters()) {
    MESSAGE("no short filters on this processor");
    return;
  }
  Sequence s(16'500);
  CHECK_THROWS_WITH(s.check(s.block(s.x, "a", 3, 1), 16'501), "mask_rows: 16501 is not within 0 to 16500");
}

}  // namespace
}  // namespace lp::onednn
