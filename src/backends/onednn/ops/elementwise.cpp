#include "ops/elementwise.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/combine.hpp"

namespace lp::onednn {
namespace {

/// y with axes of size 1 in front, as many as x has: how oneDNN spreads it.
View with_rank(View y, std::size_t rank) {
  const std::size_t missing = rank - y.dims.size();
  y.dims.insert(y.dims.begin(), missing, 1);
  y.strides.insert(y.strides.begin(), missing, y.elements());
  return y;
}

void combine_kernel(Builder& b, const std::string& name, Combination how, const View& x, const View& y,
                    const View& to) {
  b.kernel(name, how == Combination::sum ? "add" : "multiply", {x, y}, {to}, [=](const Bindings& memory) {
    combine(how, x, memory.pointer(x), y, memory.pointer(y), to, memory.pointer(to));
  });
}

/// oneDNN's primitive, or our kernel where that would be slow, as it is for values of different types.
void binary(Builder& b, int id, dnnl::algorithm algorithm) {
  const View x = b.dense(b.graph()[id].inputs[0]);
  const View y = with_rank(b.dense(b.graph()[id].inputs[1]), x.dims.size());
  const View result = b.make(id, false);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::binary::primitive_desc plan(b.engine(), algorithm, x.desc(), y.desc(), result.desc(),
                                          attributes);
  if (can_combine(x, y, result) && b.too_slow(plan.impl_info_str())) {
    const bool sum = algorithm == dnnl::algorithm::binary_add;
    return combine_kernel(b, b.graph()[id].name, sum ? Combination::sum : Combination::product, x, y, result);
  }
  b.primitive(id, plan.impl_info_str(), dnnl::binary(plan), plan.scratchpad_desc(),
              {{DNNL_ARG_SRC_0, x}, {DNNL_ARG_SRC_1, y}}, {{DNNL_ARG_DST, result}});
}

}  // namespace

void add_kernel(Builder& b, const std::string& name, const View& x, const View& y, const View& sum) {
  combine_kernel(b, name, Combination::sum, x, y, sum);
}

void add_elementwise_rules(Rules& rules) {
  rules.on<op::Add>({.lower = [](Builder& b, int id) { binary(b, id, dnnl::algorithm::binary_add); }});
  rules.on<op::Multiply>({.lower = [](Builder& b, int id) { binary(b, id, dnnl::algorithm::binary_mul); }});
}

}  // namespace lp::onednn
