#include "ops/quant.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/quantize.hpp"

namespace lp::onednn {
namespace {

using Factors = std::shared_ptr<const std::vector<float>>;

/// Where a kernel gets smoothing factors from: they are known, or a value of the graph.
struct Smoothing {
  std::vector<View> reads;
  std::function<Factors(const Bindings&)> factors = [](const Bindings&) { return Factors(); };
};

Factors numbers_at(const View& view, const std::byte* from) {
  auto numbers = std::make_shared<std::vector<float>>(static_cast<std::size_t>(view.elements()));
  for (std::size_t i = 0; i < numbers->size(); ++i)
    (*numbers)[i] = view.dtype == DType::bf16
                        ? bfloat_to_float(reinterpret_cast<const std::uint16_t*>(from)[i])
                        : reinterpret_cast<const float*>(from)[i];
  return numbers;
}

Smoothing smoothing(Builder& b, std::optional<int> id) {
  if (!id) return {};
  if (const auto* const constant = b.graph()[*id].op.as<Constant>(); constant != nullptr)
    return {{}, [values = constant->values](const Bindings&) { return values; }};
  const View view = b.dense(*id);
  return {{view}, [view](const Bindings& memory) { return numbers_at(view, memory.pointer(view)); }};
}

using Kernel = void (*)(const View&, const std::byte*, const View&, std::byte*, const std::vector<float>*);

void add_step(Builder& b, const std::string& name, const std::string& kernel_name, Kernel kernel,
              const View& from, const View& to, std::optional<int> factors) {
  Smoothing smooth = smoothing(b, factors);
  smooth.reads.push_back(from);
  b.kernel(name, kernel_name, std::move(smooth.reads), {to},
           [kernel, from, to, get = smooth.factors](const Bindings& memory) {
             kernel(from, memory.pointer(from), to, memory.pointer(to), get(memory).get());
           });
}

void lower_quantize(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const std::optional<int> factors = smoothing_of(node);
  if (!factors) return quantize_kernel(b, node.name, b.dense(node.inputs[0]), b.make(id, false));
  const View x = b.rows(node.inputs[0]);
  if (b.levels_of(id)) return quantize_kernel(b, node.name, x, b.make_rows(id), factors);
  View levels = b.fresh(DType::u8, x.dims);
  levels.levels = node.op.as<op::Quantize>()->levels();
  quantize_kernel(b, node.name, x, levels, factors);
  dequantize_kernel(b, node.name, levels, b.make_rows(id), factors);
}

}  // namespace

void quantize_kernel(Builder& b, const std::string& name, const View& from, const View& to,
                     std::optional<int> factors) {
  add_step(b, name, "quantize", quantize, from, to, factors);
}

void dequantize_kernel(Builder& b, const std::string& name, const View& from, const View& to,
                       std::optional<int> factors) {
  add_step(b, name, "dequantize", dequantize, from, to, factors);
}

void add_quant_rules(Rules& rules) {
  rules.on<op::Quantize>({.lower = lower_quantize});
}

}  // namespace lp::onednn
