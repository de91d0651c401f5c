#include "backends/onednn/kernels/depthwise.hpp"
#include "backends/onednn/own_conv1d.hpp"
#include "backends/onednn/post_ops.hpp"
#include "base/error.hpp"
#include "ops/conv.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {
namespace {

using dnnl::memory;

/// The rows that each kernel position multiplies, side by side: [b * t, k * ci].
View frames_of(Builder& b, int id, const View& x, std::int64_t frames, const Framing& how) {
  const View wide = b.fresh(x.dtype, {x.dims[0], frames, how.taps * x.dims[2]});
  b.kernel(b.graph()[id].name, "frames", {x}, {wide},
           [=](const Bindings& at) { make_frames(how, x, at.pointer(x), wide, at.pointer(wide)); });
  return rows_of(wide);
}

/// A weight [co, ci, k] as the matrix [k * ci, co] in `type`.
memory kernel_matrix(const Builder& b, int id, DType type, const memory::desc& wanted) {
  const std::vector<std::int64_t> stored = sizes(b.graph()[id].shape);
  const std::int64_t co = stored[0], ci = stored[1], k = stored[2];
  const memory taps =
      b.weight(id, {k, ci, co}, {{k, ci, co}, data_type(type), memory::format_tag::abc}, {1, k, ci * k});
  if (!taps || b.graph()[id].op.as<Constant>() == nullptr)
    return taps ? memory(wanted, b.engine(), taps.get_data_handle()) : memory();
  memory matrix(wanted, b.engine());  // the store keeps weights, but nobody these
  std::memcpy(matrix.get_data_handle(), taps.get_data_handle(), wanted.get_size());
  return matrix;
}

/// Rows of one sequence's result that are computed at once.
struct Strip {
  std::int64_t first, count;
};

/// oneDNN 3.2 makes code by the row for convolutions of few channels: 470 ms and 20 MB for 81,920 rows of 32
/// channels, ten times as long as it runs (Zen 5, 2026-11-26). Long sequences are computed in strips, of
/// which those in the middle are one primitive.
constexpr std::int64_t strip_rows = 1024;

std::vector<Strip> strips_of(const View& y, const Framing& how) {
  const std::int64_t rows = y.dims[1];
  if (y.dims[0] > 1 || rows < 3 * strip_rows || (how.taps - 1) * how.dilation >= strip_rows)
    return {{0, rows}};
  std::vector<Strip> strips;
  for (std::int64_t first = 0; first < rows; first += strips.back().count)
    strips.push_back({first, rows - first < 2 * strip_rows ? rows - first : strip_rows});
  return strips;
}

/// Rows of a dense value, of which there is one sequence if they are not all.
View rows_from(View view, std::int64_t first, std::int64_t count) {
  if (count == view.dims[1]) return view;
  view.dims[1] = count;
  view.offset += first * view.strides[1];
  view.strides[0] = count * view.strides[1];
  return view;
}

/// oneDNN's convolution of pictures one pixel high, with all that is fused: no frames are copied. False where
/// it has only slow kernels.
bool add_strip(Builder& b, int id, const View& x, const View& y, const Strip& strip) {
  const Node& node = b.graph()[id];
  const Framing how = framing_of(b, id);
  const memory::dims dims = {y.dims[2], x.dims[2], 1, how.taps};
  const auto part = [&](const View& view) { return as_pictures(rows_from(view, strip.first, strip.count)); };
  PostOps post = post_ops(b, id, 4, [&](int term) { return part(b.dense(term)); });
  // What the strip looks at, and how much of that is zeros before and behind the sequence.
  const std::int64_t begin = strip.first - how.padding,
                     end = strip.first + strip.count + (how.taps - 1) * how.dilation - how.padding;
  const std::int64_t low = std::max<std::int64_t>(begin, 0), high = std::min(end, x.dims[1]);
  const View from = as_pictures(rows_from(x, low, high - low)), to = part(y);
  const memory::desc any_weight(dims, data_type(x.dtype), memory::format_tag::any);
  const memory::desc bias = has_bias(node)
                                ? memory::desc({dims[0]}, memory::data_type::f32, memory::format_tag::x)
                                : memory::desc();
  constexpr bool may_fail = true;
  const dnnl::convolution_forward::primitive_desc plan(
      b.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, from.desc(),
      any_weight, bias, to.desc(), {1, 1}, {0, how.dilation - 1}, {0, low - begin}, {0, end - high},
      post.attributes, may_fail);
  if (!plan || b.too_slow(plan.impl_info_str())) return false;
  std::unordered_map<int, memory> fixed = std::move(post.fixed);
  fixed[DNNL_ARG_WEIGHTS] = b.weight(node.inputs[1], dims, plan.weights_desc());
  if (has_bias(node)) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {dims[0]}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, from);
  b.primitive(id, plan.impl_info_str(), dnnl::convolution_forward(plan), plan.scratchpad_desc(),
              std::move(post.reads), {{DNNL_ARG_DST, to}}, std::move(fixed));
  return true;
}

/// False where the first strip, and so the others, would be slow: nothing was added then.
bool add_convolution(Builder& b, int id, const View& x, const View& y) {
  for (const Strip& strip : strips_of(y, framing_of(b, id)))
    if (!add_strip(b, id, x, y, strip)) {
      LP_ASSERT(strip.first == 0);
      return false;
    }
  return true;
}

/// One product of matrices, with all that is fused, on frames that are copied out of the sequence: one read
/// of each number for each kernel position, little beside co multiply-adds.
void add_product(Builder& b, int id, const View& sequence, const View& result) {
  const Node& node = b.graph()[id];
  const View x = frames_of(b, id, sequence, node.shape[1].size.size(), framing_of(b, id));
  const View y = rows_of(result);
  PostOps post = post_ops(b, id, 2, [&](int term) { return b.rows(term); });
  const memory::desc weight({x.dims[1], y.dims[1]}, data_type(x.dtype), memory::format_tag::ab);
  const memory::desc bias = has_bias(node)
                                ? memory::desc({1, y.dims[1]}, memory::data_type::f32, memory::format_tag::ab)
                                : memory::desc();
  const dnnl::matmul::primitive_desc plan(b.engine(), x.desc(), weight, bias, y.desc(), post.attributes);
  std::unordered_map<int, memory> fixed = std::move(post.fixed);
  fixed[DNNL_ARG_WEIGHTS] = kernel_matrix(b, node.inputs[1], x.dtype, weight);
  if (has_bias(node)) fixed[DNNL_ARG_BIAS] = b.weight(node.inputs[2], {1, y.dims[1]}, bias);
  post.reads.emplace_back(DNNL_ARG_SRC, x);
  b.primitive(id, plan.impl_info_str(), dnnl::matmul(plan), plan.scratchpad_desc(), std::move(post.reads),
              {{DNNL_ARG_DST, y}}, std::move(fixed));
}

/// Each channel by itself: a multiply-add a number and tap, for which our kernel has every dilation.
void add_depthwise(Builder& b, int id, const View& x, const View& y) {
  const Node& node = b.graph()[id];
  const Framing how = framing_of(b, id);
  const std::int64_t c = x.dims[2];
  const memory weight =
      b.weight(node.inputs[1], {how.taps, c}, {{how.taps, c}, memory::data_type::f32, memory::format_tag::ab},
               {1, how.taps});
  memory bias;
  if (has_bias(node))
    bias = b.weight(node.inputs[2], {c}, {{c}, memory::data_type::f32, memory::format_tag::x});
  b.kernel(
      node.name, "depthwise", {x}, {y},
      [=](const Bindings& at) {
        depthwise(how, x, at.pointer(x), static_cast<const float*>(weight.get_data_handle()),
                  bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr, y, at.pointer(y));
      },
      b.graph().flops(id));
}

/// The input as oneDNN multiplies it: it has no products of f32 with a result of less.
View multiplied(Builder& b, int input, const View& x, DType result) {
  if (x.dtype != DType::f32 || result == DType::f32) return x;
  View narrow = b.fresh(result, x.dims);
  b.copy(b.graph()[input].name, x, narrow);
  return narrow;
}

void conv1d(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Conv1d>();
  const int output = b.epilogue(id).output;
  const View real = b.dense(node.inputs[0]);
  const View y = b.levels_of(output) ? b.fresh(b.real_type_of(output), sizes(b.graph()[output].shape))
                                     : b.make(output, false);
  if (how.groups > 1 || !add_own_conv1d(b, id, real, y)) {
    const View x = multiplied(b, node.inputs[0], real, y.dtype);
    if (how.groups > 1)
      add_depthwise(b, id, x, y);
    else if (how.stride > 1 || !add_convolution(b, id, x, y))
      add_product(b, id, x, y);
  }
  if (b.levels_of(output)) quantize_kernel(b, b.graph()[output].name, y, b.make(output, false));
}

}  // namespace

void add_conv1d_rules(Rules& rules) {
  rules.on<op::Conv1d>({.lower = conv1d});
}

}  // namespace lp::onednn
