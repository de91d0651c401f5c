#include "backends/onednn/view.hpp"

#include "base/error.hpp"

namespace lp::onednn {

std::int64_t View::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t size : dims) product *= size;
  return product;
}

std::vector<std::int64_t> row_major(const std::vector<std::int64_t>& dims) {
  std::vector<std::int64_t> strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

std::vector<std::int64_t> View::dense_strides(const std::vector<std::int64_t>& dims) {
  if (dims.size() != 4) return row_major(dims);
  const std::int64_t c = dims[1], h = dims[2], w = dims[3];
  return {h * w * c, 1, w * c, c};
}

std::optional<View> View::rows() const {
  if (dims.empty() || (strides.back() != 1 && dims.back() != 1)) return {};
  std::int64_t count = 1, step = dims.back();
  for (std::size_t axis = dims.size() - 1; axis-- > 0;) {
    if (dims[axis] == 1) continue;
    if (count == 1)
      step = strides[axis];
    else if (strides[axis] != step * count)
      return {};
    count *= dims[axis];
  }
  View view = *this;
  view.dims = {count, dims.back()};
  view.strides = {step, 1};
  return view;
}

dnnl::memory::desc View::desc() const {
  return {dims, data_type(dtype), strides};
}

dnnl::memory::data_type data_type(DType type) {
  using Type = dnnl::memory::data_type;
  switch (type) {
    case DType::f32: return Type::f32;
    case DType::bf16: return Type::bf16;
    case DType::f16: return Type::f16;
    case DType::i8: return Type::s8;
    case DType::u8: return Type::u8;
    case DType::i32: return Type::s32;
    default: fail(Fault::unsupported, "oneDNN does not compute in {}", name(type));
  }
}

View as_pictures(const View& sequence) {
  const std::int64_t b = sequence.dims[0], s = sequence.dims[1], c = sequence.dims[2];
  View view = sequence;
  view.dims = {b, c, 1, s};
  view.strides = {sequence.strides[0], 1, s * c, c};
  return view;
}

View rows_of(const View& view) {
  const std::optional<View> rows = view.rows();
  LP_ASSERT(rows.has_value());
  return *rows;
}

}  // namespace lp::onednn
