#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// Whisper, tiny to large-v3-turbo: `encoder` takes samples and leaves what the decoder attends to in states,
/// `step` takes tokens.
Family whisper();

}  // namespace lp::models
