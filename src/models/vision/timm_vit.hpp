#pragma once
#include "base/json.hpp"

#include <cstdint>
#include <string>

namespace lp::models {

// What timm's config.json says of a Vision Transformer and the shapes of its tensors do not. The file may be
// absent: an empty object.

/// @throws Error{unsupported} where the network is not that of this program: it pools its tokens, has another
/// activation, norm or kind of block, or was trained on pictures that are not square. Error{bad_model} for
/// what cannot be.
void check_timm_vit(const nlohmann::json& config);

/// The heads of a network of this width: as configured, else those of timm's network of that width.
/// @throws Error{unsupported} where neither says them.
std::int64_t timm_heads(const nlohmann::json& config, std::int64_t width);

/// The license, "" where nothing says it.
std::string timm_license(const nlohmann::json& config);

}  // namespace lp::models
