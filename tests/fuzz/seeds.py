#!/usr/bin/env python3
"""Small files of every kind that is read, whole and broken, for lp-fuzz: FOLDER/READER/*.

    seeds.py FOLDER
"""

import json
import struct
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/acceptance"))
import bad_files  # noqa: E402


def field(number, payload):
    """A protobuf field: bytes, or a whole number."""
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def onnx():
    """Field numbers: onnx.proto3 (ModelProto 7 graph, 14 metadata; GraphProto 1 node, 5 initializer; TensorProto 1 dims, 2 type, 8 name, 9 raw)."""
    tensor = field(1, 2) + field(1, 3) + field(2, 1) + field(8, b"model.0.conv.weight") + field(9, struct.pack("<6f", *range(6)))
    node = field(1, b"x") + field(1, b"model.0.conv.weight") + field(2, b"y") + field(3, b"/model.0/conv/Conv") + field(4, b"Conv")
    entry = field(1, b"names") + field(2, b"{0: 'cat'}")
    return {"small": field(1, 8) + field(7, field(1, node) + field(5, tensor)) + field(14, entry)}


def safetensors():
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"format": "pt"}}).encode()
    tiny = next((ROOT / "tests/models").glob("*.safetensors")).read_bytes()
    return {"small": struct.pack("<Q", len(header)) + header + bytes(16), "tiny": tiny}


def gguf():
    def text(value):
        return struct.pack("<Q", len(value)) + value

    keys = text(b"general.architecture") + struct.pack("<I", 8) + text(b"yolov8")
    keys += text(b"lp.labels") + struct.pack("<IIQ", 9, 8, 2) + text(b"cat") + text(b"dog")
    tensors = text(b"w") + struct.pack("<I2QIQ", 2, 3, 2, 24, 0)
    tensors += text(b"w#scale") + struct.pack("<IQIQ", 1, 2, 0, 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, 2) + keys + tensors
    return {"small": head + bytes(-len(head) % 32) + bytes(64)}


def npy():
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return {"small": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(24)}


def image():
    rows = b"".join(b"\0" + bytes(range(12)) for _ in range(4))
    whole = bad_files.png(4, 4, zlib.compress(rows))
    return {"png": whole, "cut": whole[:50], "jpeg": bad_files.grey_jpeg(24, 16), "progressive": bad_files.grey_jpeg(24, 16, True)}


def manifest():
    artefact = {"format": "gguf", "precision": "F32", "path": "gguf/F32/model.gguf", "files": [{"path": "gguf/F32/model.gguf", "size": 3, "sha256": "0" * 64}]}
    ours = {"version": "1.0", "model_id": "m", "task": "detect", "labels": ["cat"], "architecture": {"family": "yolov8"}, "formats": [artefact]}
    older = {"model_id": "m", "formats": {"gguf": {"method": "Q4_K_M", "file": "a.gguf"}}}
    return {"ours": json.dumps(ours).encode(), "older": json.dumps(older).encode(), "deep": b'{"a":' * 60 + b"1" + b"}" * 60}


def tokenizer():
    word_piece = {
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "added_tokens": [{"id": 1, "content": "[SEP]", "special": True, "normalized": False, "lstrip": False, "rstrip": False, "single_word": False}],
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "[SEP]": 1, "[CLS]": 2, "a": 3, "cat": 4, "##s": 5, ",": 6},
        },
    }  # fmt: skip
    bpe = {
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {"a": 0, "c": 1, "ca": 2, "t": 3, "cat": 4, "\u0120": 5}, "merges": ["c a", "ca t"]},
    }
    return {"word_piece": json.dumps(word_piece).encode(), "bpe": json.dumps(bpe).encode()}


def torch():
    tensor = bad_files._tensor((2, 2), (2, 1))
    state = bad_files.torch_zip(b"\x80\x02" + bad_files._dict({"w": tensor}) + b".", {"0": bytes(64)})
    module = bad_files._module(b"}", {"_parameters": bad_files._dict({"weight": tensor})})
    whole = bad_files.torch_zip(b"\x80\x02" + bad_files._dict({"model": module}) + b".", {"0": bytes(64)})
    return {"state": state, "module": whole}


def pickle():
    import pickle as library

    plain = {"a": [1, 2.5, None, True, "text", b"bytes"], "b": (1, (2, 3)), "c": {4, 5}, "big": 1 << 70}
    found = {f"protocol{number}": library.dumps(plain, number) for number in (2, 3, 4, 5)}
    return found | {"module": b"\x80\x02" + bad_files._module(bad_files._dict({"0": bad_files._module(b"}")})) + b"."}


def labels():
    return {"boxes": b"0 0.5 0.5 0.2 0.2\n79 0.1 0.2 0.3 0.1 0.2 0.6\r\n", "bad": b"80 1 1 1 1"}


def main():
    folder = Path(sys.argv[1])
    for reader in (onnx, safetensors, gguf, npy, image, manifest, tokenizer, torch, pickle, labels):
        for name, data in reader().items():
            target = folder / reader.__name__ / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
