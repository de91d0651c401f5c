#include "backends/onednn/rows.hpp"

namespace lp::onednn {

std::optional<View> as_rows(const View& view) {
  const std::size_t rank = view.dims.size();
  if (rank < 2 || (view.strides.back() != 1 && view.dims.back() != 1)) return {};
  std::int64_t count = 1, step = 0;
  for (std::size_t axis = rank - 1; axis-- > 0;) {
    if (view.dims[axis] == 1) continue;
    if (count == 1)
      step = view.strides[axis];
    else if (view.strides[axis] != step * count)
      return {};
    count *= view.dims[axis];
  }
  View rows = view;
  rows.dims = {count, view.dims.back()};
  rows.strides = {count == 1 ? view.dims.back() : step, 1};
  return rows;
}

View rows_of(Builder& b, int id) {
  if (const auto rows = as_rows(b.value(id))) return *rows;
  View plain = b.dense(id);
  if (const auto rows = as_rows(plain)) return *rows;
  // Rank 4 is kept channels last: lay it out in the graph's order.
  View ordered = b.fresh(plain.dtype, plain.dims);
  ordered.strides = row_major(ordered.dims);
  b.copy(b.graph()[id].name, plain, ordered);
  return *as_rows(ordered);
}

}  // namespace lp::onednn
