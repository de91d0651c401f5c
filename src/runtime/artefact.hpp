#pragma once
#include "runtime/session.hpp"

#include <filesystem>

namespace lp {

/// The newest layout of our GGUF that this program reads and writes (`lp.format_version`).
inline constexpr int artefact_version = 1;

/// Writes a model as our GGUF: its tensors in `precision` (f32, f16 or bf16; i8 leaves quantized ones as they
/// are and stores the others in f32), and what it is under `lp.*`. The final name never holds a part of it.
/// @throws Error{io}.
void write_artefact(const std::filesystem::path& gguf, const Model& model, DType precision);

}  // namespace lp
