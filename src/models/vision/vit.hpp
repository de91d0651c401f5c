#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// Vision Transformers (tiny to huge; DeiT without distillation) under the names of Hugging Face and of timm,
/// of timm those that answer from their class token.
/// One graph `main`: `images` f32 [n, c=3, h, w], normalised -> `embedding` [n, d], the class token after the
/// last norm, and, where the checkpoint has a classifier, `logits` [n, classes].
Family vit();

/// DINOv2 image embeddings under the names of Hugging Face. One graph `main`: `images` f32 [n, c=3, h, w],
/// normalised -> `embedding` [n, d], the class token after the last norm, and `tokens` [n, s, d], all of
/// them.
Family dinov2();

}  // namespace lp::models
