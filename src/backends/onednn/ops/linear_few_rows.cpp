#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/onednn/kernels/few_rows.hpp"
#include "backends/onednn/linear_layer.hpp"
#include "backends/onednn/post_ops.hpp"

#include <algorithm>

namespace lp::onednn {
namespace {

using dnnl::memory;

constexpr std::int64_t few = 8;  // rows; at more, oneDNN's kernels are as fast or faster

/// What is done to a sum before it is stored: one of these at a time.
struct RowStep {
  PostOp::Kind kind = PostOp::Kind::add;
  NumberFunction function;  // activation
  memory numbers;           // scale, or a bias that is added: f32 [out]
  View term;                // what else is added: [rows, out]
};

memory vector_of(const Builder& b, int id, std::int64_t size) {
  return b.weight(id, {size}, {{size}, memory::data_type::f32, memory::format_tag::x});
}

std::vector<RowStep> steps_of(const Builder& b, const LinearLayer& layer) {
  std::vector<RowStep> steps;
  const std::int64_t out = layer.y.dims[1];
  if (layer.has_bias) steps.push_back({.numbers = vector_of(b, b.graph()[layer.id].inputs[2], out)});
  for (const PostOp& step : b.epilogue(layer.id).steps) {
    if (step.kind == PostOp::Kind::activation)
      steps.push_back({.kind = step.kind, .function = number_function(b.graph()[step.node].op)});
    else if (step.kind == PostOp::Kind::scale)
      steps.push_back({.kind = step.kind, .numbers = vector_of(b, step.operand, out)});
    else if (step.kind == PostOp::Kind::add)
      steps.push_back({.term = *layer.term});
  }
  return steps;
}

/// Numbers of a row of a value, f32 or bf16.
struct Row {
  DType dtype;
  std::byte* at;

  Row(const View& rows, std::byte* base, std::int64_t row, std::int64_t first)
      : dtype(rows.dtype),
        at(base + static_cast<std::size_t>(row * rows.strides[0] + first) * size_bytes(rows.dtype)) {}

  void add_to(std::span<float> sums) const {
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] += dtype == DType::f32 ? reinterpret_cast<const float*>(at)[i]
                                     : from_bfloat(reinterpret_cast<const std::uint16_t*>(at)[i]);
  }
  void store(std::span<const float> sums) const {
    if (dtype == DType::f32)
      std::ranges::copy(sums, reinterpret_cast<float*>(at));
    else
      std::ranges::transform(sums, reinterpret_cast<std::uint16_t*>(at), to_bfloat);
  }
};

void finish(const std::vector<RowStep>& steps, const Bindings& at, std::int64_t row, std::int64_t first,
            std::span<float> sums) {
  for (const RowStep& step : steps) {
    const float* const numbers =
        step.numbers ? static_cast<const float*>(step.numbers.get_data_handle()) + first : nullptr;
    if (step.kind == PostOp::Kind::activation)
      step.function(sums.data(), sums.data(), static_cast<std::int64_t>(sums.size()));
    else if (step.kind == PostOp::Kind::scale)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] *= numbers[i];
    else if (numbers != nullptr)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += numbers[i];
    else
      Row(step.term, at.pointer(step.term), row, first).add_to(sums);
  }
}

}  // namespace

bool has_few_rows(const Builder& b, const LinearLayer& layer) {
  const int weight = b.graph()[layer.id].inputs[1];
  // A quantized weight is read as it is stored, in one form for every number of rows.
  return (b.is_quantized(weight) && !b.is_smoothed(weight)) || layer.x.dims[0] <= few;
}

void add_of_few_rows(Builder& b, const LinearLayer& layer) {
  const int weight = b.graph()[layer.id].inputs[1];
  const std::int64_t in = layer.x.dims[1], out = layer.y.dims[1];
  RowMatrix matrix{.dtype = layer.x.dtype, .rows = out, .width = in, .stride = in};
  memory kept;
  if (b.is_quantized(weight) && !b.is_smoothed(weight)) {
    const auto [numbers, scales] = b.quantized_rows(weight);
    matrix.dtype = DType::i8;
    matrix.numbers = reinterpret_cast<const std::byte*>(numbers);
    matrix.scales = scales;
  } else {
    matrix.dtype = b.real_type_of(weight);  // f32 numbers may be multiplied by a bf16 weight
    kept = b.weight(weight, {out, in}, {{out, in}, data_type(matrix.dtype), memory::format_tag::ab});
    if (kept) matrix.numbers = static_cast<const std::byte*>(kept.get_data_handle());
  }
  std::vector<View> reads = {layer.x};
  if (layer.term) reads.push_back(*layer.term);
  const View scratch = b.fresh(
      DType::f32, {static_cast<std::int64_t>(few_rows_scratch(layer.x.dims[0], in) / sizeof(float)) + 1});
  b.kernel(
      b.graph()[b.epilogue(layer.id).output].name, "few_rows:" + std::string(name(matrix.dtype)), reads,
      {layer.y, scratch},
      [matrix, kept, scratch, x = layer.x, y = layer.y, steps = steps_of(b, layer)](const Bindings& at) {
        const RowMatrix rows{.dtype = x.dtype,
                             .rows = x.dims[0],
                             .width = x.dims[1],
                             .stride = x.strides[0],
                             .numbers = at.pointer(x)};
        few_rows_product(rows, matrix, at.pointer(scratch),
                         [&](std::int64_t row, std::int64_t first, std::span<float> sums) {
                           finish(steps, at, row, first, sums);
                           Row(y, at.pointer(y), row, first).store(sums);
                         });
      },
      b.graph().flops(layer.id));
}

}  // namespace lp::onednn
