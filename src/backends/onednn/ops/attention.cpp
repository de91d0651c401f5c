#include "ops/attention.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/few_queries.hpp"
#include "backends/onednn/tiled_attention.hpp"

#include <cmath>

namespace lp::onednn {
namespace {

/// A value [b, s, width] as [b, heads, s, width / heads], where it lies.
View in_heads(View view, std::int64_t heads) {
  const std::int64_t width = view.dims[2] / heads;
  view.dims = {view.dims[0], heads, view.dims[1], width};
  view.strides = {view.strides[0], width, view.strides[1], 1};
  return view;
}

View transposed(View view) {
  std::swap(view.dims[2], view.dims[3]);
  std::swap(view.strides[2], view.strides[3]);
  return view;
}

View row_major_value(Builder& b, DType type, const std::vector<std::int64_t>& dims) {
  View view = b.fresh(type, dims);
  view.strides = row_major(dims);
  return view;
}

void matmul(Builder& b, int id, const View& left, const View& right, const View& result) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::matmul::primitive_desc plan(b.engine(), left.desc(), right.desc(), result.desc(), attributes);
  b.primitive(id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(),
              {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}}, {{DNNL_ARG_DST, result}});
}

constexpr std::int64_t few = 8;  // queries; at more, products of matrices are faster

/// A value [b, s, width] whose rows have no gaps in them.
View with_whole_rows(Builder& b, int id) {
  return b.real(id).strides[2] == 1 ? b.real(id) : b.dense(id);
}

/// A decoder's: what it costs is reading the keys and values that count, not all that a state has room for.
void attention_of_few_queries(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Attention>();
  const View q = with_whole_rows(b, node.inputs[0]), k = with_whole_rows(b, node.inputs[1]),
             v = with_whole_rows(b, node.inputs[2]);
  const std::int64_t width = q.dims[2] / how.heads;
  const bool has_length = node.inputs.size() > 3 && node.inputs[3] >= 0;
  const View length = has_length ? b.value(node.inputs[3]) : View{};
  const FewQueries kernel{.q = q,
                          .k = k,
                          .v = v,
                          .y = b.make(id, false),
                          .heads = how.heads,
                          .scale = 1.0F / std::sqrt(static_cast<float>(width)),
                          .causal = how.causal == 1};
  const View scratch = b.fresh(DType::f32, {kernel.scratch()});
  std::vector<View> reads = {q, k, v};
  if (has_length) reads.push_back(length);
  b.kernel(
      node.name, "few_queries", reads, {kernel.y, scratch},
      [=](const Bindings& at) {
        kernel.run({.q = at.pointer(kernel.q),
                    .k = at.pointer(kernel.k),
                    .v = at.pointer(kernel.v),
                    .lengths = has_length ? at.indices(length).data() : nullptr,
                    .scratch = reinterpret_cast<float*>(at.pointer(scratch)),
                    .y = at.pointer(kernel.y)});
      },
      b.graph().flops(id));
}

/// Keys or values as matrices are multiplied: of a state that is kept in less than is computed in, a copy.
View with_computed_rows(Builder& b, int id) {
  View from = with_whole_rows(b, id);
  if (from.dtype != DType::bf16 || b.real_type_of(id) != DType::f32) return from;
  if (from.strides != row_major(from.dims)) return b.dense(id);
  const View to = row_major_value(b, DType::f32, from.dims);
  const std::int64_t count = from.dims[0] * from.dims[1] * from.dims[2];
  b.kernel(b.graph()[id].name, "widen", {from}, {to}, [=](const Bindings& memory) {
    widen(reinterpret_cast<const std::uint16_t*>(memory.pointer(from)),
          reinterpret_cast<float*>(memory.pointer(to)), count);
  });
  return to;
}

/// The layer with queries in the type of keys: a matrix product has one type on both sides.
AttentionLayer layer_of(Builder& b, int id) {
  const Node& node = b.graph()[id];
  AttentionLayer layer{.id = id,
                       .q = with_whole_rows(b, node.inputs[0]),
                       .k = with_computed_rows(b, node.inputs[1]),
                       .v = with_computed_rows(b, node.inputs[2]),
                       .length = {},
                       .has_length = node.inputs.size() > 3 && node.inputs[3] >= 0,
                       .y = b.make(id, false)};
  if (layer.has_length) layer.length = b.value(node.inputs[3]);
  if (layer.q.dtype != layer.k.dtype) {
    const View converted = row_major_value(b, layer.k.dtype, layer.q.dims);
    b.copy(node.name, layer.q, converted);
    layer.q = converted;
  }
  return layer;
}

/// Scores of all heads at once: the best form for up to some hundred keys, which is what vision and sentences
/// have.
void attention_by_matrices(Builder& b, const AttentionLayer& layer) {
  const Node& node = b.graph()[layer.id];
  const auto& how = *node.op.as<op::Attention>();
  const View q = in_heads(layer.q, how.heads), k = in_heads(layer.k, how.heads),
             v = in_heads(layer.v, how.heads);
  const std::vector<std::int64_t> dims = {q.dims[0], how.heads, q.dims[2], k.dims[2]};
  const View scores = row_major_value(b, DType::f32, dims);
  const View weights = v.dtype == DType::f32 ? scores : row_major_value(b, v.dtype, dims);

  matmul(b, layer.id, q, transposed(k), scores);
  std::vector<View> reads = {scores};
  if (layer.has_length) reads.push_back(layer.length);
  const float scale = 1.0F / std::sqrt(static_cast<float>(q.dims[3]));
  b.kernel(node.name, "softmax", reads, {scores, weights},
           [=, causal = how.causal == 1, has_length = layer.has_length,
            length = layer.length](const Bindings& memory) {
             const KeyMask mask{has_length ? memory.indices(length).data() : nullptr, causal};
             masked_softmax(scores, reinterpret_cast<float*>(memory.pointer(scores)), scale, mask, weights,
                            memory.pointer(weights));
           });
  matmul(b, layer.id, weights, v, in_heads(layer.y, how.heads));
}

void lower_attention(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const bool one_type = b.real(node.inputs[1]).dtype == b.real(node.inputs[2]).dtype;
  if (node.shape[1].size.size() <= few && one_type) return attention_of_few_queries(b, id);
  const AttentionLayer layer = layer_of(b, id);
  if (!one_type || !add_in_tiles(b, layer)) attention_by_matrices(b, layer);
}

}  // namespace

void add_attention_rules(Rules& rules) {
  rules.on<op::Attention>({.lower = lower_attention});
}

}  // namespace lp::onednn
