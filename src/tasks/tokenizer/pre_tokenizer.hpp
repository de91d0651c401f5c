#pragma once
#include "tasks/tokenizer/part.hpp"
#include "tasks/tokenizer/split.hpp"

#include <functional>
#include <vector>

namespace lp::tokenizing {

/// Cuts one word into words, none of them empty, and adds them to the list. Thread-safe.
using PreTokenizer = std::function<void(const Word&, std::vector<Word>&)>;

/// The pre-tokenizer that a part of tokenizer.json describes: BertPreTokenizer, ByteLevel, Digits, Metaspace,
/// Punctuation, Sequence, Split, Whitespace or WhitespaceSplit. @throws Error{bad_model} on any other and on
/// wrong values.
PreTokenizer read_pre_tokenizer(const Part& part);

/// ByteLevel: splits by GPT-2's regular expression and spells bytes as characters. Source: openai/gpt-2
/// encoder.py.
PreTokenizer read_byte_level(const Part& part);

/// Metaspace: a visible character for each space. Source: huggingface/tokenizers,
/// pre_tokenizers/metaspace.rs.
PreTokenizer read_metaspace(const Part& part);

/// When Metaspace puts its character before a word.
enum class Prepend { never, first, always };

/// "prepend_scheme", or "add_prefix_space" of older files.
Prepend read_prepend_scheme(const Part& part);

}  // namespace lp::tokenizing
