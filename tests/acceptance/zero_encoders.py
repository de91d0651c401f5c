#!/usr/bin/env python3
"""Small encoders whose weights are all zero, for tests of everything but their answers.

zero_encoders.py FOLDER     makes FOLDER/vit (classes cat, dog, bird; 32 pixels) and FOLDER/bert (12 tokens at most)
"""

import json
import struct
import sys
from pathlib import Path

WIDTH, MLP = 64, 96
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "cat", "dog", ","]


def write(folder, shapes, **files):
    folder.mkdir(parents=True, exist_ok=True)
    header, size = {}, 0
    for name, shape in shapes.items():
        elements = 1
        for length in shape:
            elements *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [size, size + 4 * elements]}
        size += 4 * elements
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def linear(path, outputs, inputs):
    return {f"{path}.weight": [outputs, inputs], f"{path}.bias": [outputs]}


def norm(path):
    return {f"{path}.weight": [WIDTH], f"{path}.bias": [WIDTH]}


def vit():
    block = "vit.encoder.layer.0."
    shapes = {
        "vit.embeddings.cls_token": [1, 1, WIDTH],
        "vit.embeddings.position_embeddings": [1, 5, WIDTH],
        "vit.embeddings.patch_embeddings.projection.weight": [WIDTH, 3, 16, 16],
        "vit.embeddings.patch_embeddings.projection.bias": [WIDTH],
        **norm(block + "layernorm_before"),
        **norm(block + "layernorm_after"),
        **linear(block + "intermediate.dense", MLP, WIDTH),
        **linear(block + "output.dense", WIDTH, MLP),
        **linear(block + "attention.output.dense", WIDTH, WIDTH),
        **norm("vit.layernorm"),
        **linear("classifier", 3, WIDTH),
    }
    for part in ("query", "key", "value"):
        shapes |= linear(f"{block}attention.attention.{part}", WIDTH, WIDTH)
    config = {"num_attention_heads": 2, "id2label": {"0": "cat", "1": "dog", "2": "bird"}}
    processor = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
    return shapes, {"config": config, "preprocessor_config": processor}


def bert():
    layer = "encoder.layer.0."
    shapes = {
        "embeddings.word_embeddings.weight": [len(WORDS), WIDTH],
        "embeddings.position_embeddings.weight": [12, WIDTH],
        "embeddings.token_type_embeddings.weight": [2, WIDTH],
        **norm("embeddings.LayerNorm"),
        **linear(layer + "attention.output.dense", WIDTH, WIDTH),
        **norm(layer + "attention.output.LayerNorm"),
        **linear(layer + "intermediate.dense", MLP, WIDTH),
        **linear(layer + "output.dense", WIDTH, MLP),
        **norm(layer + "output.LayerNorm"),
    }
    for part in ("query", "key", "value"):
        shapes |= linear(f"{layer}attention.self.{part}", WIDTH, WIDTH)
    special = [{"id": i, "content": word, "special": True} for i, word in enumerate(WORDS[:4])]
    for token in special:
        token.update(single_word=False, lstrip=False, rstrip=False, normalized=False)
    around = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    around.append({"SpecialToken": {"id": "[SEP]", "type_id": 0}})
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": around,
            "pair": around,
            "special_tokens": {word: {"id": word, "ids": [WORDS.index(word)], "tokens": [word]} for word in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {word: i for i, word in enumerate(WORDS)},
        },
    }
    return shapes, {"config": {"num_attention_heads": 2}, "tokenizer": tokenizer}


def main():
    for name, make in (("vit", vit), ("bert", bert)):
        shapes, files = make()
        write(Path(sys.argv[1]) / name, shapes, **files)


if __name__ == "__main__":
    main()
