#pragma once
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

/// What a checkpoint calls the parts of a block. Either `qkv` or the three others are there; `scale1` and
/// `scale2` (one number a channel on each branch) may be empty.
struct BlockNames {
  std::string_view norm1, qkv, query, key, value, projection, scale1, norm2, fc1, fc2, scale2;
};

/// One block over tokens [n, s, width]; the result takes the scope's name.
Tensor transformer_block(Tensor x, Scope w, const BlockNames& names, const BlockConfig& config,
                         std::optional<Tensor> length = {});

/// Tokens [n, h * w, width] of a picture's patches: a convolution whose kernel is its stride.
Tensor patch_tokens(Tensor images, Scope w, std::int64_t width, std::int64_t patch);

/// The class token before the patches' tokens, and positions [1, 1 + p * p, width] added, which are brought
/// to the picture's grid as torch.nn.functional.interpolate(mode=bicubic) does.
Tensor with_class_and_positions(Tensor patches, Tensor class_token, Tensor positions,
                                std::int64_t grid_height, std::int64_t grid_width);

}  // namespace lp::models
