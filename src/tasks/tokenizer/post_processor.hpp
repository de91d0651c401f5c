#pragma once
#include "tasks/tokenizer/part.hpp"

#include <cstdint>
#include <vector>

namespace lp::tokenizing {

/// The special tokens before and behind those of one text.
struct Frame {
  std::vector<std::int32_t> before, behind;
};

/// What a post-processor of tokenizer.json puts around one text: BertProcessing, ByteLevel (nothing),
/// RobertaProcessing, Sequence or TemplateProcessing. @throws Error{bad_model} on any other and on wrong
/// values.
Frame read_post_processor(const Part& part);

}  // namespace lp::tokenizing
