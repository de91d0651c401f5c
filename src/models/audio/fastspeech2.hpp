#pragma once
#include "models/catalog.hpp"

namespace lp::models {

/// FastSpeech 2 with Conformers and its HiFi-GAN (Hugging Face's FastSpeech2ConformerWithHifiGan): `text`
/// takes phonemes and gives what each sounds like and how long it lasts, `mel` makes a spectrogram of frames
/// of those, `vocoder` samples of the spectrogram.
Family fastspeech2();

}  // namespace lp::models
