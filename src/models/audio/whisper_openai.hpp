#pragma once
#include "base/json.hpp"
#include "formats/checkpoint.hpp"

namespace lp::models {

/// Whether the checkpoint holds a Whisper as OpenAI publishes it (tiny.pt to large-v3-turbo.pt): names of
/// openai/whisper's model.py, beside them its `dims`.
bool is_openai_whisper(const Checkpoint& checkpoint);

/// Gives its tensors the names of Hugging Face's checkpoints.
/// @throws Error{bad_model} for a name that openai/whisper's model.py does not have, and without
/// tokenizer.json beside the file: nothing would be heard without.
void rename_openai_whisper(Checkpoint& checkpoint);

/// The heads of its decoder that follow the sound, [[layer, head], ...], which the file does not tell, but
/// its sizes do. Null where they fit no model that is known, or two: large-v1 and large-v2 differ in weights
/// only. `mels`, `vocabulary`: of the model; `width`, `depth`: of its decoder.
nlohmann::json openai_alignment_heads(std::int64_t mels, std::int64_t width, std::int64_t depth,
                                      std::int64_t vocabulary);

}  // namespace lp::models
