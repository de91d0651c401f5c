// Convolutions of sequences with all that vocoders put behind them, and rows that are cleared in place or
// not.
#include "nn/layers.hpp"
#include "ops/conv.hpp"
#include "unit/backends/onednn/compare.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

constexpr std::int64_t rows = 40, channels = 16;

struct Sequence {
  explicit Sequence(std::int64_t length_of_x = rows) : size(length_of_x) {}

  std::int64_t size;
  Graph graph;
  Binder binder{graph, nullptr};
  Scope w{binder};
  Tensor x = input(graph, "x", {{"b", 1}, {"s", size}, {"d", channels}});
  Tensor length = indices(graph, "length", {{"b", 1}});

  Tensor conv(Tensor given, std::string_view name, std::int64_t dilation = 1) {
    return nn::conv1d(given, w / name, channels, {.kernel = 3, .dilation = dilation});
  }
  void gives(Tensor y) { graph.outputs = {{"y", y.id}}; }
};

std::size_t count(const std::vector<std::string>& kernels, std::string_view part) {
  return static_cast<std::size_t>(std::ranges::count_if(
      kernels, [&](const std::string& kernel) { return kernel.find(part) != std::string::npos; }));
}

TEST_CASE("conv1d: two sums, a factor and an activation are one step with their convolution") {
  Sequence s;
  const Tensor first = s.conv(s.x, "first"), second = s.conv(s.x, "second", 3);
  const Tensor sum = nn::operator+(nn::operator+(s.conv(s.x, "third", 5), first), second);
  s.gives(nn::leaky_relu(nn::scaled(sum, 0.25F), 0.1F));
  const auto kernels = check(s.graph, is_reference, rows);
  CHECK(count(kernels, "eltwise") + count(kernels, "binary") + count(kernels, "add") == 0);
}

bool is_ours(const std::string& kernel) {
  return kernel.starts_with("short_filter") || kernel == "one_channel";
}

TEST_CASE("conv1d: a long sequence in strips, its sums in the same strips") {
  Sequence s(4000);
  const Tensor first = s.conv(s.x, "first", 7);
  s.gives(nn::operator+(nn::leaky_relu(s.conv(nn::leaky_relu(first, 0.1F), "second", 3), 0.1F), first));
  const auto not_ours = [](const std::string& kernel) { return is_reference(kernel) || is_ours(kernel); };
  CHECK(count(check(s.graph, not_ours, rows), "conv") > 2);
}

TEST_CASE("conv1d: by fewer products, whatever the taps and their distance, with all that is fused") {
  for (const std::int64_t taps : {3, 4, 5, 6, 7, 9, 11, 12})
    for (const std::int64_t dilation : {1, 3, 13}) {
      CAPTURE(taps);
      CAPTURE(dilation);
      Sequence s(257);  // ends within a tile
      const op::Conv1d how{.padding = (taps - 1) / 2 * dilation, .dilation = dilation};
      const Tensor weight = (s.w / "first")("weight", {{"co", 48}, {"ci", channels}, {"k", taps}}),
                   bias = (s.w / "first")("bias", {{"co", 48}});
      const Tensor y = apply(how, {s.x, weight, bias}, "first");
      const Tensor last = (s.w / "last")("weight", {{"co", 48}, {"ci", 48}, {"k", 3}});
      s.gives(nn::leaky_relu(
          nn::scaled(nn::operator+(apply(op::Conv1d{.padding = 1}, {y, last}, "last"), y), 0.5F), 0.1F));
      const auto kernels = check(s.graph, is_reference);
      if (count(kernels, "avx512") > 0) CHECK(count(kernels, "short_filter") == 2);
    }
}

TEST_CASE("conv1d: the same as a product of frames where there is no fast convolution") {
  Sequence s;
  const Tensor first = s.conv(s.x, "first", 2);
  s.gives(nn::leaky_relu(nn::operator+(s.conv(nn::tanh(first), "second", 4), first), 0.1F));
  const auto no_convolution = [](const std::string& kernel) {
    return is_reference(kernel) || kernel.find("conv") != std::string::npos;
  };
  CHECK(count(check(s.graph, no_convolution, rows), "frames") == 2);
}

TEST_CASE("mask_rows: rows are cleared in place only where nobody else reads them") {
  Sequence alone;
  alone.gives(alone.conv(nn::mask_rows(alone.conv(alone.x, "first"), alone.length), "second"));
  CHECK(count(check(alone.graph, is_reference, 23), "mask_rows") == 1);

  Sequence shared;
  const Tensor y = shared.conv(shared.x, "first");
  shared.gives(nn::operator+(shared.conv(nn::mask_rows(y, shared.length), "second"), y));
  check(shared.graph, is_reference, 23);

  Sequence part;  // a slice has no memory of its own
  const Tensor whole = part.conv(part.x, "first");
  const Tensor half = nn::mask_rows(nn::slice(whole, "d", 0, channels / 2), part.length);
  part.gives(nn::concat({half, whole}, "d"));
  check(part.graph, is_reference, 7);

  Sequence given;  // the caller's tensor is not ours to change
  given.gives(nn::operator+(given.conv(nn::mask_rows(given.x, given.length), "first"), given.x));
  check(given.graph, is_reference, 0);
}

TEST_CASE("conv_transpose1d: its result, cut out of a wider one, goes on to all that read it") {
  Sequence s;
  const Tensor longer = nn::conv_transpose1d(s.x, s.w / "up", channels, 8, 4);
  const Tensor masked = nn::mask_rows(longer, s.length, 4);
  s.gives(nn::operator+(s.conv(nn::leaky_relu(masked, 0.1F), "second"), masked));
  check(s.graph, is_reference, 31);
}

}  // namespace
}  // namespace lp::onednn
