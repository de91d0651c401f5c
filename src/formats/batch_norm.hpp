#pragma once
#include "formats/checkpoint.hpp"

namespace lp {

/// Folds every batch norm of a checkpoint that follows a convolution into it, as inference uses both: `bn`
/// or `batch_norm` after `conv`, `bn1` to `bn3` after `conv1` to `conv3`, `norm` after `depthwise_conv`, and
/// the second layer of a `downsample` after its first. The weight becomes weight * s and the bias (bias -
/// mean) * s + beta, s = gamma / sqrt(variance + eps), computed in double and kept as f32; the norm's tensors
/// go. `eps` counts where the checkpoint does not say (Checkpoint::batch_norm_eps). Checkpoints without such
/// pairs stay as they are.
/// @throws Error{bad_model} if a norm and its convolution do not fit, or the square root has no value.
/// Source: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 2.
void fold_batch_norms(Checkpoint& checkpoint, double eps);

}  // namespace lp
