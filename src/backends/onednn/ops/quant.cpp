#include "ops/quant.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/quantize.hpp"

namespace lp::onednn {

void quantize_kernel(Builder& b, const std::string& name, const View& from, const View& to) {
  b.kernel(name, "quantize", {from}, {to}, [from, to](const Bindings& memory) {
    quantize(from, memory.pointer(from), to, memory.pointer(to));
  });
}

void dequantize_kernel(Builder& b, const std::string& name, const View& from, const View& to) {
  b.kernel(name, "dequantize", {from}, {to}, [from, to](const Bindings& memory) {
    dequantize(from, memory.pointer(from), to, memory.pointer(to));
  });
}

void add_quant_rules(Rules& rules) {
  rules.on<op::Quantize>({.lower = [](Builder& b, int id) {
    const View x = b.dense(b.graph()[id].inputs[0]);
    quantize_kernel(b, b.graph()[id].name, x, b.make(id, false));
  }});
}

}  // namespace lp::onednn
