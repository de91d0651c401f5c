#pragma once
#include "backends/onednn/view.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace lp::onednn {

/// op::Append: dense rows [b, s, d] into a dense state [b, t, d] of the same type, sequence i from row at[i]
/// on; f32 into bf16, too.
/// @throws Error{bad_input} naming the value, where they do not fit.
void append_rows(const std::string& name, const View& x_view, const std::byte* x,
                 std::span<const std::int32_t> at, const View& state_view, std::byte* state);

/// op::Reorder in place; `copy` has room for the state.
/// @throws Error{bad_input} naming the value, for a sequence that there is not.
void reorder_rows(const std::string& name, std::span<const std::int32_t> rows, const View& state_view,
                  std::byte* state, std::byte* copy);

}  // namespace lp::onednn
