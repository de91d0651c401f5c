#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"
#include "nn/layers.hpp"

#include <string_view>
#include <vector>

namespace lp::models {

/// HiFi-GAN's generator: frames of a spectrogram, or of what a flow makes, to samples.
/// Source: Kong et al. 2020, arXiv:2010.05646, section 2.2 and appendix A.
struct HifiGan {
  struct Block {
    std::int64_t kernel = 3;
    std::vector<std::int64_t> dilations;
    bool pairs = true;  // behind each dilated convolution one without dilation (`resblock` 1 of the original)
  };
  struct Stage {
    std::int64_t rate = 8, kernel = 16;  // rows of the result for one of x; of the transposed convolution
  };
  std::int64_t channels = 512;  // behind the first convolution; each stage halves them
  std::vector<Stage> stages;
  std::vector<Block> blocks;  // of each stage, side by side

  /// Samples of a frame.
  std::int64_t hop() const;
  /// How many frames on each side a frame's samples depend on: with as many around it, a piece is what it is
  /// in the whole.
  std::int64_t context() const;
};

/// The sizes of the generator under `prefix` ("dec."), whose stages are called `ups`, from its shapes; a rate
/// is half of its stage's kernel, as in all published configurations. The dilations, which no shape says, are
/// those of the published generators: 1, 3, 5 with pairs; 1, 2 for a kernel of 3, 2, 6 for 5 and 3, 12 for 7
/// without.
/// @throws Error{bad_model} for tensors that are no such generator's.
HifiGan hifi_gan_of(const Checkpoint& checkpoint, const std::string& prefix);

/// The same as JSON in a stored configuration, and back.
nlohmann::json hifi_gan_json(const HifiGan& sizes);
/// @throws Error{bad_model} for sizes that are missing or not possible.
HifiGan hifi_gan_from(const nlohmann::json& json);

/// Samples [b, hop * s, 1] from -1 to 1 of frames [b, s, c], of which sequence i has length[i]: those behind
/// its end are as if they were not there. `stages`: what the checkpoint calls the transposed convolutions.
/// `condition` [b, 1, channels], if any, is added to the first convolution's result.
Tensor hifi_gan(Tensor frames, Tensor length, Scope w, const HifiGan& sizes, std::string_view stages = "ups",
                std::optional<Tensor> condition = {});

}  // namespace lp::models
