#pragma once
#include "base/tensor_view.hpp"

#include <span>
#include <string_view>

namespace lp {

/// Row-major f32 from a caller's f32 tensor at any strides, and back.
void copy_in(const TensorView& from, std::span<float> to);
void copy_out(std::span<const float> from, const TensorView& to);

/// Row-major whole numbers from a caller's i32 tensor at any strides.
void copy_in(const TensorView& from, std::span<std::int32_t> to);

/// @throws Error{bad_input} if the caller's tensor is not of this type and shape, naming the value.
void check_view(const TensorView& view, DType dtype, std::span<const std::int64_t> shape,
                std::string_view value);

}  // namespace lp
