#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// VITS as Piper's voices have it, of one speaker or of several: `text` takes phonemes and noise and gives
/// how each sounds and how long it lasts, `flow` takes frames to what `vocoder` makes samples of.
Family vits();

}  // namespace lp::models
