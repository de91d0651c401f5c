#include "ops/elementwise.hpp"

#include "backends/onednn/builder.hpp"

namespace lp::onednn {

void add_elementwise_rules(Rules& rules) {
  rules.on<op::Add>({.lower = [](Builder& b, int id) {
    const View x = b.dense(b.graph()[id].inputs[0]);
    const View y = b.dense(b.graph()[id].inputs[1]);
    const View sum = b.make(id, false);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::binary::primitive_desc plan(b.engine(), dnnl::algorithm::binary_add, x.desc(), y.desc(),
                                            sum.desc(), attributes);
    b.primitive(id, plan.impl_info_str(), dnnl::binary(plan), plan.scratchpad_desc(),
                {{DNNL_ARG_SRC_0, x}, {DNNL_ARG_SRC_1, y}}, {{DNNL_ARG_DST, sum}});
  }});
}

}  // namespace lp::onednn
