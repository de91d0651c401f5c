#pragma once
#include "tasks/tokenizer/part.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace lp::tokenizing {

/// Makes well-formed UTF-8 of well-formed UTF-8, before it is split into words. Thread-safe.
using Normalizer = std::function<std::string(std::string_view)>;

/// The normalizer that a part of tokenizer.json describes: BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD,
/// Prepend, Replace, Sequence, Strip or StripAccents. @throws Error{bad_model} on any other and on wrong
/// values.
Normalizer read_normalizer(const Part& part);

/// BertNormalizer. Source: huggingface/tokenizers, normalizers/bert.rs.
Normalizer read_bert_normalizer(const Part& part);

}  // namespace lp::tokenizing
