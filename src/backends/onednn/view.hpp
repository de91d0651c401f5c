#pragma once
#include "base/dtype.hpp"
#include "ops/quant.hpp"

#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace lp::onednn {

/// Where a value lies: part of a buffer, its axes in the graph's order at any strides.
struct View {
  DType dtype = DType::f32;
  std::vector<std::int64_t> dims, strides;  // elements
  int buffer = -1;
  std::int64_t offset = 0;           // elements into the buffer
  std::optional<op::Levels> levels;  // of u8: what its numbers stand for; none: they are what they are

  std::int64_t elements() const;
  /// Whether the elements fill the memory without gaps, channels last where there are four axes.
  bool dense() const { return strides == dense_strides(dims); }
  /// The view [..., d] as [rows, d], or nothing where rows have gaps in them or do not lie at one step.
  std::optional<View> rows() const;
  /// The one layout of values: rank 4 [n, c, h, w] as n, h, w, c; other ranks row-major.
  static std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& dims);
  dnnl::memory::desc desc() const;
};

/// A dense sequence [b, s, c] as pictures [b, c, 1, s], channels last, as oneDNN's convolutions take them.
View as_pictures(const View& sequence);
/// The same of a view that is known to have rows: row-major.
View rows_of(const View& view);
std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& dims);
dnnl::memory::data_type data_type(DType type);

}  // namespace lp::onednn
