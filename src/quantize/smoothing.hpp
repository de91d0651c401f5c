#pragma once
#include "quantize/histogram.hpp"

#include <span>
#include <vector>

namespace lp {

/// The largest of each column's numbers, by size: `largest` [columns], `values` row-major with as many
/// columns.
void take_largest(std::vector<float>& largest, std::span<const float> values);

/// The range of each column's numbers, joined with what `ranges` [columns] has; an empty one is filled.
void join_columns(std::vector<Range>& ranges, std::span<const float> values, std::size_t columns);

/// Factors for the channels of a value, after which they are more alike; the weights that read it are divided
/// by them. Of a channel that reaches `a`, with weights up to `w`: the middle one of all a^0.75 / w^0.25,
/// divided by its own. Source of the form: Xiao et al. 2022, arXiv:2211.10438, equation 4, where the exponent
/// is 0.5; with 0.75 MiniLM-L6 keeps a cosine of 0.998 to its answers in f32, with 0.5 one of 0.988
/// (2026-11-26).
std::vector<float> smoothing_factors(std::span<const Range> channels, std::span<const float> largest_weights);

/// What the channels' ranges are together after that, and 40 % more on both sides: the few channels of a
/// transformer that reach far reach farther on other inputs. DINOv2 on 15 photos that it was not calibrated
/// on: least cosine 0.983 without that, 0.989 with 15 %, 0.991 with 40 %; MiniLM on 64 texts: 0.996 and 0.995
/// (2026-11-26).
Range smoothed_range(std::span<const Range> channels, std::span<const float> factors);

}  // namespace lp
