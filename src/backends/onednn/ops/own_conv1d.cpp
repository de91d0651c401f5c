#include "backends/onednn/own_conv1d.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/bfloat_filter.hpp"
#include "backends/onednn/kernels/one_channel.hpp"
#include "backends/onednn/kernels/short_filter.hpp"
#include "backends/onednn/post_ops.hpp"
#include "base/vectorize.hpp"
#include "ops/conv.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

using dnnl::memory;

LP_VECTORIZED void add_numbers(const float* from, float* sums, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += from[i];
}
LP_VECTORIZED void add_numbers(const std::uint16_t* from, float* sums, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] += from_bfloat(from[i]);
}
LP_VECTORIZED void scale_numbers(float factor, float* sums, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) sums[i] *= factor;
}

/// One thing that is done with sums before they are stored; `first_row`: of the result's, where they begin.
using Finish =
    std::function<void(const RowMemory& at, std::int64_t first_row, std::int64_t count, float* sums)>;

Finish addition_of(const View& term) {
  return [term](const RowMemory& at, std::int64_t first_row, std::int64_t count, float* sums) {
    const std::byte* const numbers = at.row(term, first_row);
    if (term.dtype == DType::f32)
      add_numbers(reinterpret_cast<const float*>(numbers), sums, count);
    else
      add_numbers(reinterpret_cast<const std::uint16_t*>(numbers), sums, count);
  };
}

Finish factor_of(float factor) {
  return [factor](const RowMemory&, std::int64_t, std::int64_t count, float* sums) {
    scale_numbers(factor, sums, count);
  };
}

Finish activation_of(const Op& op) {
  return [function = number_function(op)](const RowMemory&, std::int64_t, std::int64_t count, float* sums) {
    function(sums, sums, count);
  };
}

/// The epilogue of a node and the storing of what comes out, as functions of ours.
class Finishes {
 public:
  /// `work` reads what they do.
  Finishes(Builder& b, int id, RowWork& work) : y_(work.y) {
    for (const PostOp& step : b.epilogue(id).steps) {
      if (step.kind == PostOp::Kind::activation) {
        all_.push_back(activation_of(b.graph()[step.node].op));
      } else if (step.kind == PostOp::Kind::factor) {
        all_.push_back(factor_of(b.graph()[step.operand].op.as<Constant>()->values->front()));
      } else if (step.kind == PostOp::Kind::add) {
        work.reads.push_back({.view = b.dense(step.operand)});
        all_.push_back(addition_of(work.reads.back().view));
      }
    }
  }

  void take(const RowMemory& at, std::int64_t first, std::int64_t count, float* rows) const {
    const std::int64_t size = count * y_.dims[2];
    for (const Finish& finish : all_) finish(at, first, size, rows);
    std::byte* const to = at.row(y_, first);
    if (y_.dtype == DType::f32)
      std::copy_n(rows, size, reinterpret_cast<float*>(to));
    else
      narrow(rows, reinterpret_cast<std::uint16_t*>(to), size);
  }

 private:
  std::vector<Finish> all_;
  View y_;
};

memory bias_of(const Builder& b, int id, std::int64_t channels) {
  if (!has_bias(b.graph()[id])) return {};
  return b.weight(b.graph()[id].inputs[2], {channels},
                  {{channels}, memory::data_type::f32, memory::format_tag::x});
}

const float* numbers_of(const memory& weight) {
  return weight ? static_cast<const float*>(weight.get_data_handle()) : nullptr;
}

/// What a convolution reads, and what it makes.
RowWork work_of(const Framing& how, const View& x, const View& y) {
  return {.reads = {{x, how.padding, (how.taps - 1) * how.dilation - how.padding}}, .y = y};
}

/// The rows of the input that a convolution looks at for some of its result's.
template <class Number>
SomeRows<Number> rows_for(const RowMemory& at, const RowWork::Read& x, RowRange rows) {
  const std::int64_t all = x.view.dims[1], first = std::clamp<std::int64_t>(rows.first - x.before, 0, all);
  return {reinterpret_cast<const Number*>(at.row(x.view, first)), first,
          std::clamp(rows.end() + x.after, first, all)};
}

void add_work(Builder& b, int id, const std::string& kernel, RowWork work) {
  b.row_kernel(b.graph()[b.epilogue(id).output].name, kernel, std::move(work), b.graph().flops(id));
}

/// A kernel of `Filter` for values of `Number`, f32 or bf16.
template <class Filter, class Number>
void add_filter(Builder& b, int id, const View& x, const View& y, const std::string& kernel) {
  const Filter filter(framing_of(b, id), x.dims[2], y.dims[2]);
  const std::vector<std::int64_t> dims = {filter.weight_size() / y.dims[2], y.dims[2]};
  const memory weight =
                   b.arranged_weight(b.graph()[id].inputs[1],
                                     [&](std::span<const float> numbers) { return filter.arranged(numbers); },
                                     dims, {dims, data_type(x.dtype), memory::format_tag::ab}),
               bias = bias_of(b, id, y.dims[2]);
  RowWork work = work_of(framing_of(b, id), x, y);
  work.block = filter.block();
  work.unit = filter.unit();
  work.scratch = filter.scratch_size();
  work.run = [filter, weight, bias, from = work.reads.front(), finishes = Finishes(b, id, work)](
                 const RowMemory& at, RowRange rows, float* scratch) {
    filter.run(
        rows_for<Number>(at, from, rows), static_cast<const Number*>(weight.get_data_handle()),
        numbers_of(bias), rows.first, rows.count, scratch,
        [&](std::int64_t first, std::int64_t count, float* made) { finishes.take(at, first, count, made); });
  };
  add_work(b, id, kernel, std::move(work));
}

bool add_short_filter(Builder& b, int id, const View& x, const View& y) {
  // Of few rows the weight, which takes more memory than it had, would be read for too little.
  constexpr std::int64_t least_rows = 64;
  const std::string kernel = "short_filter:avx512_core";
  if (x.dtype != DType::f32 || y.dims[1] < least_rows || b.too_slow(kernel) ||
      !ShortFilter::fits(framing_of(b, id), x.dims[2], y.dims[2]))
    return false;
  add_filter<ShortFilter, float>(b, id, x, y, kernel);
  return true;
}

bool add_bfloat_filter(Builder& b, int id, const View& x, const View& y) {
  const Framing how = framing_of(b, id);
  const std::string kernel = "bfloat_filter:avx512_core_bf16";
  if (x.dtype != DType::bf16 || how.taps < 2 || b.too_slow(kernel) ||
      !BfloatFilter::fits(how, x.dims[2], y.dims[2]))
    return false;
  add_filter<BfloatFilter, std::uint16_t>(b, id, x, y, kernel);
  return true;
}

/// Of the result's one channel oneDNN computes sixteen.
bool add_one_channel(Builder& b, int id, const View& x, const View& y) {
  const Framing how = framing_of(b, id);
  if (y.dims[2] != 1 || how.dilation != 1 || how.stride != 1) return false;
  const std::int64_t width = x.dims[2];
  const memory weight = b.weight(b.graph()[id].inputs[1], {how.taps, width},
                                 {{how.taps, width}, memory::data_type::f32, memory::format_tag::ab},
                                 {1, how.taps}),
               bias = bias_of(b, id, 1);
  RowWork work = work_of(how, x, y);
  work.block = 1024;
  work.scratch = work.block;
  work.run = [=, block = work.block, from = work.reads.front(), finishes = Finishes(b, id, work)](
                 const RowMemory& at, RowRange rows, float* scratch) {
    for (; rows.count > 0; rows = {rows.first + block, rows.count - block}) {
      const std::span<float> sums(scratch, static_cast<std::size_t>(std::min(block, rows.count)));
      if (x.dtype == DType::f32)
        one_channel(how, rows_for<float>(at, from, rows), width, numbers_of(weight), rows.first, sums);
      else
        one_channel(how, rows_for<std::uint16_t>(at, from, rows), width, numbers_of(weight), rows.first,
                    sums);
      if (bias)
        for (float& sum : sums) sum += *numbers_of(bias);
      finishes.take(at, rows.first, static_cast<std::int64_t>(sums.size()), sums.data());
    }
  };
  add_work(b, id, "one_channel", std::move(work));
  return true;
}

}  // namespace

Framing framing_of(const Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto& how = *node.op.as<op::Conv1d>();
  return {b.graph()[node.inputs[1]].shape[2].size.size(), how.stride, how.padding, how.dilation};
}

bool has_bias(const Node& node) {
  return node.inputs.size() > 2 && node.inputs[2] >= 0;
}

bool add_own_conv1d(Builder& b, int id, const View& x, const View& y) {
  const auto& steps = b.epilogue(id).steps;
  const auto is_scale = [](const PostOp& step) { return step.kind == PostOp::Kind::scale; };
  if (std::ranges::any_of(steps, is_scale)) return false;
  return add_one_channel(b, id, x, y) || add_short_filter(b, id, x, y) || add_bfloat_filter(b, id, x, y);
}

}  // namespace lp::onednn
