#include "backends/onednn/kernels/pack.hpp"

#include "backends/onednn/kernels/bfloat.hpp"
#include "backends/strided_copy.hpp"
#include "base/error.hpp"
#include "base/vectorize.hpp"

#include <cstring>

namespace lp::onednn {
namespace {

void store(float value, float& to) {
  to = value;
}
void store(float value, std::uint16_t& to) {
  to = to_bfloat(value);
}

/// One row of three planes to pixels of three channels.
LP_VECTORIZED void interleave_f32(const float* r, const float* g, const float* b, float* to,
                                  std::int64_t width) {
  for (std::int64_t w = 0; w < width; ++w) {
    to[3 * w] = r[w];
    to[3 * w + 1] = g[w];
    to[3 * w + 2] = b[w];
  }
}
LP_VECTORIZED void interleave_bf16(const float* r, const float* g, const float* b, std::uint16_t* to,
                                   std::int64_t width) {
  for (std::int64_t w = 0; w < width; ++w) {
    to[3 * w] = to_bfloat(r[w]);
    to[3 * w + 1] = to_bfloat(g[w]);
    to[3 * w + 2] = to_bfloat(b[w]);
  }
}
LP_VECTORIZED void round_row(const float* from, std::uint16_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat(from[i]);
}

/// Pictures of three channels: planar rows, or pixels already next to each other.
template <class To>
bool pack_rgb(const TensorView& from, To* to) {
  if (from.shape.size() != 4 || from.shape[1] != 3) return false;
  const std::vector<std::int64_t> strides = from.strides_or_dense();
  const std::int64_t height = from.shape[2], width = from.shape[3], rows = from.shape[0] * height;
  const bool planar = strides[3] == 1, pixels = strides[1] == 1 && strides[3] == 3;
  if (!planar && !pixels) return false;
  const auto* const base = static_cast<const float*>(from.data);
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* const line = base + row / height * strides[0] + row % height * strides[2];
    To* const out = to + row * width * 3;
    if constexpr (sizeof(To) == sizeof(float)) {
      if (planar)
        interleave_f32(line, line + strides[1], line + 2 * strides[1], out, width);
      else
        std::memcpy(out, line, static_cast<std::size_t>(width) * 3 * sizeof(float));
    } else if (planar) {
      interleave_bf16(line, line + strides[1], line + 2 * strides[1], out, width);
    } else {
      round_row(line, out, width * 3);
    }
  }
  return true;
}

/// Calls `visit(element of the view, position in row-major order)` for every element.
template <class Visit>
void walk(const View& view, Visit visit) {
  std::vector<std::int64_t> at(view.dims.size(), 0);
  const std::int64_t total = view.elements();
  for (std::int64_t i = 0; i < total; ++i) {
    std::int64_t element = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) element += at[axis] * view.strides[axis];
    visit(element, static_cast<std::size_t>(i));
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < view.dims[axis]) break;
      at[axis] = 0;
    }
  }
}

template <class To>
void pack_as(const TensorView& from, const View& view, To* to) {
  if (pack_rgb(from, to)) return;
  std::vector<float> values(static_cast<std::size_t>(from.elements()));
  copy_in(from, values);
  walk(view, [&](std::int64_t element, std::size_t i) { store(values[i], to[element]); });
}

}  // namespace

void pack(const TensorView& from, const View& view, std::byte* to) {
  if (view.dtype == DType::i32) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(from.elements()));
    copy_in(from, values);
    auto* const indices = reinterpret_cast<std::int32_t*>(to);
    walk(view, [&](std::int64_t element, std::size_t i) { indices[element] = values[i]; });
    return;
  }
  if (view.dtype == DType::f32) return pack_as(from, view, reinterpret_cast<float*>(to));
  if (view.dtype == DType::bf16) return pack_as(from, view, reinterpret_cast<std::uint16_t*>(to));
  fail(Fault::unsupported, "an input cannot be made {}", name(view.dtype));
}

std::vector<float> unpack(const View& view, const std::byte* from) {
  std::vector<float> out(static_cast<std::size_t>(view.elements()));
  if (view.dtype == DType::f32)
    walk(view, [&, f = reinterpret_cast<const float*>(from)](std::int64_t element, std::size_t i) {
      out[i] = f[element];
    });
  else if (view.dtype == DType::bf16)
    walk(view, [&, f = reinterpret_cast<const std::uint16_t*>(from)](std::int64_t element, std::size_t i) {
      out[i] = from_bfloat(f[element]);
    });
  else
    fail(Fault::unsupported, "a value of type {} cannot be read", name(view.dtype));
  return out;
}

}  // namespace lp::onednn
