#include "ops/activation.hpp"

#include "backends/onednn/kernels/activation.hpp"
#include "backends/onednn/kernels/sigmoid.hpp"
#include "backends/onednn/post_ops.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <functional>

namespace lp::onednn {

NumberFunction number_function(const Op& op) {
  if (op.as<op::Silu>() != nullptr) return silu_function();
  if (op.as<op::Relu>() != nullptr) return relu_function();
  if (op.as<op::Tanh>() != nullptr) return tanh_function();
  if (op.as<op::Exp>() != nullptr) return exp_function();
  if (const auto* const leaky = op.as<op::LeakyRelu>(); leaky != nullptr)
    return leaky_relu_function(leaky->slope);
  const auto* const gelu = op.as<op::Gelu>();
  if (gelu == nullptr) return nullptr;
  if (gelu->approximate == "tanh") return gelu_by_tanh_function();
  return gelu->approximate == "sigmoid" ? gelu_by_sigmoid_function() : gelu_function();
}

namespace {

constexpr std::int64_t chunk = 16'384;  // numbers that a thread takes at a time

using Kernel = std::function<void(const View&, const float*, float*)>;

/// Our kernel for an activation of dense f32 values, or none.
Kernel own_kernel(const Op& op) {
  if (op.as<op::Sigmoid>() != nullptr)
    return [](const View& view, const float* from, float* to) { sigmoid(view, from, view, to); };
  const NumberFunction function = number_function(op);
  if (!function) return {};
  return [function](const View& view, const float* from, float* to) { apply(function, view, from, to); };
}

/// Sequences of one type go by rows, so that others that do can be joined with it.
bool add_leaky_relu_of_rows(Builder& b, int id, const View& x, const View& y) {
  const auto* const leaky = b.graph()[id].op.as<op::LeakyRelu>();
  if (leaky == nullptr || x.dims.size() != 3 || x.dtype != y.dtype) return false;
  RowWork work{.reads = {{.view = x}}, .y = y, .block = std::max<std::int64_t>(chunk / y.dims[2], 1)};
  work.run = [x, y, slope = leaky->slope](const RowMemory& at, RowRange rows, float*) {
    const std::byte* const from = at.row(x, rows.first);
    std::byte* const to = at.row(y, rows.first);
    const std::int64_t count = rows.count * y.dims[2];
    if (y.dtype == DType::f32)
      leaky_relu(slope, reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), count);
    else
      leaky_relu(slope, reinterpret_cast<const std::uint16_t*>(from), reinterpret_cast<std::uint16_t*>(to),
                 count);
  };
  b.row_kernel(b.graph()[id].name, "leaky_relu", std::move(work));
  return true;
}

/// An element-wise function by oneDNN's own primitive, or by our kernel where that would be slow.
void lower_eltwise(Builder& b, int id) {
  const Op& op = b.graph()[id].op;
  const auto [algorithm, alpha] = eltwise_of(op);
  const View x = b.dense(b.graph()[id].inputs[0]);
  const View y = b.make(id, false);
  if (add_leaky_relu_of_rows(b, id, x, y)) return;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::eltwise_forward::primitive_desc plan(b.engine(), dnnl::prop_kind::forward_inference, algorithm,
                                                   x.desc(), y.desc(), alpha, 0.0F, attributes);
  const Kernel own = x.dtype == DType::f32 && y.dtype == DType::f32 ? own_kernel(op) : Kernel();
  if (own && b.too_slow(plan.impl_info_str())) {
    b.kernel(b.graph()[id].name, std::string(op.name()), {x}, {y}, [x, y, own](const Bindings& memory) {
      own(x, reinterpret_cast<const float*>(memory.pointer(x)), reinterpret_cast<float*>(memory.pointer(y)));
    });
    return;
  }
  b.primitive(id, plan.impl_info_str(), dnnl::eltwise_forward(plan), plan.scratchpad_desc(),
              {{DNNL_ARG_SRC, x}}, {{DNNL_ARG_DST, y}});
}

/// Our kernel where it may write straight into a larger tensor, oneDNN's elsewhere.
void lower_sigmoid(Builder& b, int id) {
  const View* const place = b.target(id);
  const View& given = b.value(b.graph()[id].inputs[0]);
  // The kernel writes pixels next to each other: [n, c, h, w] into rows of a longer tensor.
  const bool into_rows = place != nullptr && given.dims.size() == 4 && given.dtype == DType::f32 &&
                         place->dtype == DType::f32 && place->strides[3] == 1 &&
                         place->strides[2] == given.dims[3];
  if (!into_rows) {
    lower_eltwise(b, id);
    return;
  }
  const View x = b.dense(b.graph()[id].inputs[0]);
  const View y = b.make(id, true);
  b.kernel(b.graph()[id].name, "sigmoid", {x}, {y}, [x, y](const Bindings& memory) {
    sigmoid(x, reinterpret_cast<const float*>(memory.pointer(x)), y,
            reinterpret_cast<float*>(memory.pointer(y)));
  });
}

void lower_gate(Builder& b, int id) {
  const View x = b.dense(b.graph()[id].inputs[0]);
  const View y = b.make(id, false);
  b.kernel(b.graph()[id].name, "gate", {x}, {y},
           [x, y, of_tanh = b.graph()[id].op.as<op::Gate>()->of == "tanh"](const Bindings& memory) {
             gate(of_tanh, x, memory.pointer(x), y, memory.pointer(y));
           });
}

}  // namespace

void add_activation_rules(Rules& rules) {
  rules.on<op::Silu>({.lower = lower_eltwise});
  rules.on<op::Relu>({.lower = lower_eltwise});
  rules.on<op::Gelu>({.lower = lower_eltwise});
  rules.on<op::LeakyRelu>({.lower = lower_eltwise});
  rules.on<op::Tanh>({.lower = lower_eltwise});
  rules.on<op::Exp>({.lower = lower_eltwise});
  rules.on<op::Gate>({.lower = lower_gate});
  rules.on<op::Sigmoid>({.lower = lower_sigmoid, .strided_output = true});
}

}  // namespace lp::onednn
