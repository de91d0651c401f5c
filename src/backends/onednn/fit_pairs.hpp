#pragma once
#include <cstdint>
#include <span>

namespace lp::onednn {

/// Makes 8-bit weights fit a processor that adds the products of two neighbouring input channels with u8 in
/// 16 bits, which overflow where the weights are large and of one sign: their sum may be 128 at most.
/// `numbers`: one output channel's, `channels` times equally many. They are multiplied by what is returned,
/// 0.5 to 1, and rounded, and pairs that are still too large are made smaller: whatever changes the weights
/// least.
float fit_pairs(std::span<std::int8_t> numbers, std::int64_t channels);

}  // namespace lp::onednn
