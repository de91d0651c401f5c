#pragma once
#include "backends/onednn/builder.hpp"

namespace lp::onednn {

/// A view [..., d] as [rows, d], or nothing where its rows do not lie at one step or have gaps in them.
std::optional<View> as_rows(const View& view);

/// The value of a node as [rows, d], copied if it must be.
View rows_of(Builder& b, int id);

}  // namespace lp::onednn
