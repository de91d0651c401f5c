#include "models/other_layouts.hpp"

#include "models/audio/whisper_openai.hpp"

namespace lp {

void rename_other_layouts(Checkpoint& checkpoint) {
  if (models::is_openai_whisper(checkpoint)) models::rename_openai_whisper(checkpoint);
}

}  // namespace lp
