// A linear layer is a matrix product or a convolution of one pixel, whichever has the better kernel: both
// give what the reference gives, with all that can be fused.
#include "nn/layers.hpp"
#include "unit/backends/onednn/compare.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

bool is_convolution(const std::string& kernel) {
  return kernel.find("1x1") != std::string::npos;
}

/// What calls convolutions of one pixel too slow, and so leaves the matrix product.
bool no_convolution(const std::string& kernel) {
  return is_reference(kernel) || is_convolution(kernel);
}

struct Size {
  std::int64_t batch, rows, in, out;
};
constexpr Size sizes_tried[] = {
    {1, 1, 16, 24}, {1, 50, 96, 160}, {2, 7, 33, 18}, {3, 65, 40, 7}, {1, 197, 24, 72}};

/// y = x W + b, and where `chain`: gelu(y) * scale + shortcut.
Graph layer(const Size& size, bool chain) {
  Graph graph;
  Binder binder(graph, nullptr);
  const Scope w(binder);
  const Tensor x = input(graph, "x", {{"b", size.batch}, {"s", size.rows}, {"d", size.in}});
  const Tensor shortcut = nn::linear(x, w / "shortcut", size.out);
  Tensor y = nn::linear(x, w / "layer", size.out);
  if (chain) y = nn::multiply(nn::gelu(y), w("scale", {{"d", size.out}}));
  graph.outputs = {{"y", nn::operator+(y, shortcut).id}};
  return graph;
}

/// Compares all sizes with the reference; `wanted` says how many of the two layers of a graph may be
/// convolutions.
template <class Wanted>
void check_all(const TooSlow& too_slow, Wanted wanted) {
  for (const Size& size : sizes_tried)
    for (const bool chain : {false, true}) {
      CAPTURE(size.batch);
      CAPTURE(size.rows);
      CAPTURE(size.in);
      CAPTURE(size.out);
      CAPTURE(chain);
      const std::vector<std::string> kernels = check(layer(size, chain), too_slow);
      CHECK(wanted(size, chain, std::count_if(kernels.begin(), kernels.end(), is_convolution)));
      CHECK(kernels.size() == 5);  // inputs, two layers with all that is fused, a copy, outputs
    }
}

/// Whether matrix products are general ones here, on a processor with AVX2.
bool products_are_general() {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa()),
             avx2 = static_cast<unsigned>(dnnl::cpu_isa::avx2);
  const auto kernels = check(layer({1, 50, 96, 160}, false), no_convolution);
  return (isa & avx2) == avx2 && kernels[1].starts_with("gemm");
}

}  // namespace

TEST_CASE("linear layers equal the reference as matrix products") {
  check_all(no_convolution, [](const Size&, bool, std::int64_t found) { return found == 0; });
}

TEST_CASE("linear layers equal the reference as convolutions where products are general ones") {
  const bool general = products_are_general();
  check_all(is_reference, [&](const Size& size, bool /*chain*/, std::int64_t found) {
    const bool has_few_rows = size.batch * size.rows <= 8;  // those have a kernel of ours
    return !general || found == (has_few_rows ? 0 : 2);
  });
}

}  // namespace lp::onednn
