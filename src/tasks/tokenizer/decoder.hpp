#pragma once
#include "tasks/tokenizer/part.hpp"

#include <functional>
#include <string>
#include <vector>

namespace lp::tokenizing {

/// Turns the texts of tokens into parts of the decoded text. Thread-safe.
using Decoder = std::function<std::vector<std::string>(std::vector<std::string>)>;

/// The decoder that a part of tokenizer.json describes: BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace,
/// Replace, Sequence, Strip or WordPiece. @throws Error{bad_model} on any other and on wrong values.
Decoder read_decoder(const Part& part);

/// WordPiece: a space before each token but those that continue a word, and none before punctuation.
/// Source: huggingface/tokenizers, decoders/wordpiece.rs.
Decoder read_word_piece_decoder(const Part& part);

/// ByteFallback: the bytes of tokens <0x00> to <0xFF>, U+FFFD for each where they are no UTF-8.
/// Source: huggingface/tokenizers, decoders/byte_fallback.rs.
Decoder read_byte_fallback_decoder(const Part& part);

}  // namespace lp::tokenizing
