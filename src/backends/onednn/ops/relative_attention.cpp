#include "ops/relative_attention.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/distance.hpp"
#include "backends/onednn/kernels/softmax.hpp"

#include <cmath>

namespace lp::onednn {
namespace {

/// A value [b, s, width] as [b, heads, s, width / heads], where it lies; a table [r, width] as one of b = 1.
View in_heads(View value, std::int64_t heads) {
  if (value.dims.size() == 2) {
    value.dims.insert(value.dims.begin(), 1);
    value.strides.insert(value.strides.begin(), value.dims[1] * value.strides[0]);
  }
  const std::int64_t width = value.dims[2] / heads;
  value.dims = {value.dims[0], heads, value.dims[1], width};
  value.strides = {value.strides[0], width, value.strides[1], 1};
  return value;
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

/// A value in the type of what it is multiplied by.
View in_type(Builder& b, int id, DType type) {
  View given = b.dense(id);
  if (given.dtype == type) return given;
  const View converted = b.fresh(type, given.dims);
  b.copy(b.graph()[id].name, given, converted);
  return converted;
}

void matmul(Builder& b, int id, const View& left, const View& right, const View& result, bool adds = false) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (adds) {
    dnnl::post_ops chain;
    chain.append_sum();
    attributes.set_post_ops(chain);
  }
  const dnnl::matmul::primitive_desc plan(b.engine(), left.desc(), right.desc(), result.desc(), attributes);
  std::vector<std::pair<int, View>> reads = {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}};
  b.primitive(id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(), std::move(reads),
              {{DNNL_ARG_DST, result}});
}

void lower_relative_attention(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const std::int64_t heads = node.op.as<op::RelativeAttention>()->heads;
  const View k = in_heads(b.dense(node.inputs[1]), heads);
  const auto like_keys = [&](int input) { return in_heads(in_type(b, input, k.dtype), heads); };
  const View q = like_keys(node.inputs[0]), v = like_keys(node.inputs[2]), ask = like_keys(node.inputs[3]),
             near = like_keys(node.inputs[4]);
  const std::int64_t sequences = q.dims[0], tokens = q.dims[2], distances = near.dims[2];
  const View scores = row_major_value(b, DType::f32, {sequences, heads, tokens, tokens});
  const View by_distance = row_major_value(b, DType::f32, {sequences, heads, tokens, distances});
  const View weights = v.dtype == DType::f32 ? scores : row_major_value(b, v.dtype, scores.dims);
  const bool has_length = node.inputs.size() > 6 && node.inputs[6] >= 0;
  const View length = has_length ? b.value(node.inputs[6]) : View{};
  const View y = b.make(id, false);

  matmul(b, id, q, transposed(k), scores);
  matmul(b, id, ask, transposed(near), by_distance);
  std::vector<View> reads = {scores, by_distance};
  if (has_length) reads.push_back(length);
  const float scale = 1.0F / std::sqrt(static_cast<float>(q.dims[3]));
  b.kernel(node.name, "softmax", reads, {scores, weights}, [=](const Bindings& memory) {
    auto* const numbers = reinterpret_cast<float*>(memory.pointer(scores));
    add_by_distance(by_distance, reinterpret_cast<const float*>(memory.pointer(by_distance)), scores,
                    numbers);
    masked_softmax(scores, numbers, scale, {has_length ? memory.indices(length).data() : nullptr, false},
                   weights, memory.pointer(weights));
  });
  matmul(b, id, weights, v, in_heads(y, heads));
  if (node.inputs.size() < 6 || node.inputs[5] < 0) return;
  const View found = like_keys(node.inputs[5]);
  const View band = row_major_value(b, v.dtype, by_distance.dims);
  b.kernel(node.name, "by_distance", {weights}, {band}, [=](const Bindings& memory) {
    take_by_distance(weights, memory.pointer(weights), band, memory.pointer(band));
  });
  matmul(b, id, band, found, in_heads(y, heads), true);
}

}  // namespace

void add_relative_attention_rules(Rules& rules) {
  rules.on<op::RelativeAttention>({.lower = lower_relative_attention});
}

}  // namespace lp::onednn
