#!/usr/bin/env python3
"""Writes a text or image encoder as ONNX, for the peers of against.py, with transformers and PyTorch.

    encoder_onnx.py FOLDER TO.onnx [--part image|text|encoder]

FOLDER: config.json and model.safetensors as published. The file computes what our graph computes:
- BERT: `input_ids`, `attention_mask` [b, tokens] -> the mean over the text's tokens, of length 1
- DINOv2: `pixel_values` [1, 3, 224, 224] -> the class token's embedding and all tokens
- ViT: `pixel_values` -> logits
- Whisper, --part encoder: `input_features` [1, 80, 3000] -> the features, and the keys and values that each layer of the decoder makes of them
- CLIP, --part image: `pixel_values`; text: `input_ids` [b, 77] -> the embedding, of length 1
It runs in `.venv-test`, which scripts/test.sh makes.
"""

import argparse
import json
import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import torch  # noqa: E402
import transformers  # noqa: E402

OPSET = 14  # the newest that Debian's PyTorch 1.13 writes transformers' attention in


class Encoder(torch.nn.Module):
    """A model and the function that runs it as our graph does."""

    def __init__(self, model, run):
        super().__init__()
        self.model, self.run = model.eval(), run

    def forward(self, *inputs):
        return self.run(self.model, *inputs)


def unit(x):
    return torch.nn.functional.normalize(x, dim=1)


def sentence(model, ids, mask):
    tokens, weight = model(ids, attention_mask=mask).last_hidden_state, mask[:, :, None].float()
    return unit((tokens * weight).sum(1) / weight.sum(1))


def dinov2(model, pixels):
    outputs = model(pixels)
    return outputs.pooler_output, outputs.last_hidden_state


def whisper(model, mel):
    features = model.encoder(mel).last_hidden_state
    attentions = [layer.encoder_attn for layer in model.decoder.layers]
    return features, *(part(features) for attention in attentions for part in (attention.k_proj, attention.v_proj))


# {model_type, part: (class, how it is run, names of inputs, names of outputs)}
KINDS = {
    ("bert", ""): ("BertModel", sentence, ("input_ids", "attention_mask"), ("embedding",)),
    ("dinov2", ""): ("Dinov2Model", dinov2, ("pixel_values",), ("embedding", "tokens")),
    ("vit", ""): ("ViTForImageClassification", lambda m, x: m(x).logits, ("pixel_values",), ("logits",)),
    ("whisper", "encoder"): ("WhisperModel", whisper, ("input_features",), ("features",)),
    ("clip", "image"): ("CLIPModel", lambda m, x: unit(m.get_image_features(x)), ("pixel_values",), ("embedding",)),
    ("clip", "text"): ("CLIPModel", lambda m, ids: unit(m.get_text_features(ids)), ("input_ids",), ("embedding",)),
}  # fmt: skip


def example(name):
    """A value of an input, from which the exporter learns the shape."""
    if name == "pixel_values":
        return torch.rand(1, 3, 224, 224)
    if name == "input_features":
        return torch.rand(1, 80, 3000)
    return torch.ones(1, 77, dtype=torch.long)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("--part", default="", choices=("image", "text", "encoder"))
    arguments = parser.parse_args()
    kind = json.loads((arguments.folder / "config.json").read_text())["model_type"]
    name, run, inputs, outputs = KINDS[kind, arguments.part]
    options = {} if kind == "clip" else {"attn_implementation": "eager"}
    model = getattr(transformers, name).from_pretrained(arguments.folder, **options)
    fresh = arguments.to.with_suffix(".tmp")
    torch.onnx.export(
        Encoder(model, run),
        tuple(example(i) for i in inputs),
        str(fresh),
        opset_version=OPSET,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={i: {1: "tokens"} for i in inputs if i not in ("pixel_values", "input_features")},
    )
    fresh.replace(arguments.to)


if __name__ == "__main__":
    main()
