#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// Whisper, tiny to large-v3-turbo. Graphs: `encoder` takes samples and leaves what the decoder attends to in
/// states; `step` takes the next tokens of one text; `fork` makes what that left the past of `batch` beams,
/// and `beams` takes the next token of each, which goes on from beam `parents[i]`.
Family whisper();

}  // namespace lp::models
