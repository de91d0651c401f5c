#pragma once
#include "models/catalog.hpp"

#include <cstdint>
#include <vector>

namespace lp::models {

/// FastSpeech 2 with Conformers and its HiFi-GAN (Hugging Face's FastSpeech2ConformerWithHifiGan): `text`
/// takes phonemes and gives what each sounds like and how long it lasts, `mel` makes a spectrogram of frames
/// of those, `vocoder` samples of the spectrogram.
Family fastspeech2();

/// What the graphs' input `distances` is for `rows` rows, [2 rows - 1, width]: sines of distances from rows -
/// 1 down to 1 - rows, that between them first. Source: Dai et al. 2019, arXiv:1901.02860, appendix B;
/// Vaswani et al. 2017, section 3.5.
std::vector<float> distance_table(std::int64_t rows, std::int64_t width);

}  // namespace lp::models
