#include "ops/catalog.hpp"

#include "base/text.hpp"
#include "ops/activation.hpp"
#include "ops/attention.hpp"
#include "ops/conv.hpp"
#include "ops/detection.hpp"
#include "ops/elementwise.hpp"
#include "ops/linear.hpp"
#include "ops/norm.hpp"
#include "ops/pool.hpp"
#include "ops/quant.hpp"
#include "ops/relative_attention.hpp"
#include "ops/resize.hpp"
#include "ops/rows.hpp"
#include "ops/shaping.hpp"
#include "ops/spline.hpp"
#include "ops/state.hpp"

namespace lp {
namespace {

template <class O>
Op make(std::span<const Attribute> attributes) {
  O op;
  set_attributes(op, attributes);
  return op;
}

template <class... Ops>
void add(std::vector<OpType>& types, std::string_view family, OpList<Ops...> /*family*/) {
  (types.push_back(
       {family, Ops::name, Ops::doc, Ops::signature, &typeid(Ops), attributes_of(Ops{}), make<Ops>}),
   ...);
}

std::vector<OpType> all() {
  std::vector<OpType> types;
  add(types, "activation", op::ActivationOps{});
  add(types, "attention", op::AttentionOps{});
  add(types, "conv", op::ConvOps{});
  add(types, "detection", op::DetectionOps{});
  add(types, "elementwise", op::ElementwiseOps{});
  add(types, "linear", op::LinearOps{});
  add(types, "norm", op::NormOps{});
  add(types, "pool", op::PoolOps{});
  add(types, "quant", op::QuantOps{});
  add(types, "relative_attention", op::RelativeAttentionOps{});
  add(types, "resize", op::ResizeOps{});
  add(types, "rows", op::RowOps{});
  add(types, "shaping", op::ShapingOps{});
  add(types, "spline", op::SplineOps{});
  add(types, "state", op::StateOps{});
  return types;
}

}  // namespace

std::span<const OpType> op_catalog() {
  static const std::vector<OpType> types = all();
  return types;
}

const OpType& find_op(std::string_view name) {
  std::vector<std::string> names;
  for (const OpType& type : op_catalog()) {
    if (type.name == name) return type;
    names.emplace_back(type.name);
  }
  fail(Fault::bad_model, "no op `{}`; nearest is `{}`", name, nearest(name, names));
}

}  // namespace lp
