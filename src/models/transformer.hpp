#pragma once
#include "models/catalog.hpp"
#include "nn/layers.hpp"

namespace lp::models {

/// Sizes of a stack of pre-norm transformer blocks. Source: Dosovitskiy et al. 2020, arXiv:2010.11929, eq.
/// 2-3.
struct BlockConfig {
  std::int64_t width = 0, heads = 1, mlp = 0;
  float epsilon = 1e-6F;
  std::string activation = "none";  // op::Gelu's `approximate`
  bool causal = false;
};

/// The sizes under `width`, `heads`, `mlp`, `epsilon` and `activation` of a stored configuration.
/// @throws Error{bad_model} for one that is missing or not possible.
BlockConfig block_config(const nlohmann::json& config);

/// What a checkpoint calls the parts of a block. Either `qkv` or the three others are there; `scale1` and
/// `scale2` (one number a channel on each branch) may be empty.
struct BlockNames {
  std::string_view norm1, qkv, query, key, value, projection, scale1, norm2, fc1, fc2, scale2;
};

/// One block over tokens [n, s, width]; the result takes the scope's name.
Tensor transformer_block(Tensor x, Scope w, const BlockNames& names, const BlockConfig& config,
                         std::optional<Tensor> length = {});

/// Patches of a picture, by its two axes.
struct PatchGrid {
  std::int64_t height, width;
};
/// @throws Error{bad_input} if the picture's sides in pixels are no multiples of `patch`.
PatchGrid patch_grid(const BuildOptions& sizes, std::int64_t patch);

/// The side of the square grid that a table of `positions` was trained for, the class token's included.
/// @throws Error{bad_model} if it is no square.
std::int64_t trained_side(std::int64_t positions);

/// Tokens [n, h * w, width] of a picture's patches: a convolution whose kernel is its stride.
Tensor patch_tokens(Tensor images, Scope w, std::int64_t width, std::int64_t patch);

/// The class token before the patches' tokens, and positions [1, 1 + p * p, width] added, which are brought
/// to the picture's grid as torch.nn.functional.interpolate(mode=bicubic) does, with or without `antialias`.
Tensor with_class_and_positions(Tensor patches, Tensor class_token, Tensor positions, PatchGrid grid,
                                bool antialias);

}  // namespace lp::models
