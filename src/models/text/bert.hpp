#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// BERT encoders that embed sentences (MiniLM and its like), under the names of Hugging Face. One graph
/// `main`: `tokens` [b, s] and `length` [b], whole numbers -> `embedding` [b, d], the mean over the tokens
/// (or the class token, as 1_Pooling says), of length 1.
Family bert();

}  // namespace lp::models
