#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// CLIP (B/32, B/16, L/14) under the names of Hugging Face. Two graphs: `image`, `images` f32 [n, c=3, h, w],
/// normalised
/// -> `embedding` [n, d]; `text`, `tokens` [b, s] and `last` [b], whole numbers -> `embedding` [b, d].
/// Embeddings have length 1; `lp.config`'s `scale` is what their products are multiplied with before a
/// softmax.
Family clip();

}  // namespace lp::models
