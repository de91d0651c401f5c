#include "ops/rows.hpp"

#include "backends/onednn/builder.hpp"
#include "backends/onednn/kernels/rows.hpp"

#include <algorithm>
#include <cstring>

namespace lp::onednn {
namespace {

/// What a rule copies keeps its type; where the node's value has another, it is converted.
View result(Builder& b, int id, DType type) {
  return b.type_of(id) == type ? b.make(id, false) : b.fresh(type, sizes(b.graph()[id].shape));
}
void finish(Builder& b, int id, const View& made) {
  if (made.dtype == b.type_of(id)) return;
  const View y = b.make(id, false);
  b.copy(b.graph()[id].name, made, y);
}

/// A large table in 8 bits stays so: few of its rows are read.
void gather_of_levels(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const auto [numbers, scales] = b.quantized_rows(node.inputs[0]);
  const std::vector<std::int64_t> table = sizes(b.graph()[node.inputs[0]].shape);
  const View ids = b.value(node.inputs[1]), y = b.make(id, false);
  b.kernel(
      node.name, "gather:i8", {ids}, {y},
      [=, rows = table[0], width = table[1], numbers = numbers, scales = scales](const Bindings& memory) {
        gather_quantized_rows(rows, width, numbers, scales, memory.indices(ids), y, memory.pointer(y));
      });
}

void lower_gather(Builder& b, int id) {
  const Node& node = b.graph()[id];
  if (b.is_quantized(node.inputs[0]) && !b.is_smoothed(node.inputs[0]) && b.levels_of(id) == std::nullopt)
    return gather_of_levels(b, id);
  const View table = b.value(node.inputs[0]), ids = b.value(node.inputs[1]);
  const View y = result(b, id, table.dtype);
  b.kernel(node.name, "gather", {table, ids}, {y}, [=](const Bindings& memory) {
    gather_rows(table, memory.pointer(table), memory.indices(ids), memory.pointer(y));
  });
  finish(b, id, y);
}

void lower_take_row(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const View x = b.dense(node.inputs[0]), at = b.value(node.inputs[1]);
  const View y = result(b, id, x.dtype);
  b.kernel(node.name, "take_row", {x, at}, {y}, [=](const Bindings& memory) {
    take_rows(x, memory.pointer(x), memory.indices(at), memory.pointer(y));
  });
  finish(b, id, y);
}

void lower_mean_rows(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const bool has_length = node.inputs.size() > 1 && node.inputs[1] >= 0;
  const View x = b.dense(node.inputs[0]), y = b.make(id, false);
  const View lengths = has_length ? b.value(node.inputs[1]) : View{};
  std::vector<View> reads = {x};
  if (has_length) reads.push_back(lengths);
  b.kernel(node.name, "mean_rows", reads, {y}, [=](const Bindings& memory) {
    mean_rows(x, memory.pointer(x), has_length ? memory.indices(lengths) : std::span<const std::int32_t>{}, y,
              memory.pointer(y));
  });
}

/// Where nobody else looks at the value, its last rows are cleared where they lie.
void lower_mask_rows(Builder& b, int id) {
  const Node& node = b.graph()[id];
  const int input = node.inputs[0];
  const View length = b.value(node.inputs[1]);
  const bool in_place = b.can_overwrite(input) && b.value(input).dtype == b.type_of(id);
  const View x = in_place ? b.value(input) : b.real(input);
  if (in_place) b.alias(id, x);
  const View y = in_place ? x : b.make(id, false);
  if (!in_place) b.copy(node.name, x, y);
  RowWork work{.reads = {{.view = y}}, .whole = {length}, .y = y, .block = y.dims[1]};
  const std::int64_t times = node.op.as<op::MaskRows>()->times, most = y.dims[1] / times;
  work.check = [=](const Bindings& at) { check_indices("mask_rows", at.indices(length), most + 1); };
  work.run = [=](const RowMemory& at, RowRange rows, float*) {
    const std::int64_t kept = times * at.indices(length)[static_cast<std::size_t>(at.sequence())],
                       first = std::max(rows.first, kept), count = rows.end() - first;
    if (count > 0)
      std::memset(at.row(y, first), 0, static_cast<std::size_t>(count * y.dims[2]) * size_bytes(y.dtype));
  };
  b.row_kernel(node.name, "mask_rows", std::move(work));
}

}  // namespace

void add_row_rules(Rules& rules) {
  rules.on<op::Gather>({.lower = lower_gather});
  rules.on<op::TakeRow>({.lower = lower_take_row});
  rules.on<op::MeanRows>({.lower = lower_mean_rows});
  rules.on<op::MaskRows>({.lower = lower_mask_rows});
}

}  // namespace lp::onednn
