#include "ops/pool.hpp"

#include "backends/onednn/builder.hpp"

namespace lp::onednn {

void add_pool_rules(Rules& rules) {
  rules.on<op::MaxPool2d>({.lower = [](Builder& b, int id) {
    const auto& how = *b.graph()[id].op.as<op::MaxPool2d>();
    const View x = b.stored(b.graph()[id].inputs[0]);
    const View y = b.make(id, false);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::memory::dims stride = {how.stride, how.stride}, kernel = {how.kernel, how.kernel},
                             padding = {how.padding, how.padding};
    const dnnl::pooling_forward::primitive_desc plan(b.engine(), dnnl::prop_kind::forward_inference,
                                                     dnnl::algorithm::pooling_max, x.desc(), y.desc(), stride,
                                                     kernel, {0, 0}, padding, padding, attributes);
    b.primitive(id, plan.impl_info_str(), dnnl::pooling_forward(plan), plan.scratchpad_desc(),
                {{DNNL_ARG_SRC, x}}, {{DNNL_ARG_DST, y}});
  }});
}

}  // namespace lp::onednn
