"""Reads and writes safetensors files of F32 tensors with nothing but numpy.

Format: u64 length of a JSON header, the header (name -> dtype, shape, data_offsets), the data.
Source: huggingface/safetensors, README "Format" (v0.5).
"""

import json
import struct
from pathlib import Path

import numpy as np


def read(path):
    """{name: array} and the metadata of a file whose tensors are all F32."""
    blob = Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", blob)
    header = json.loads(blob[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, not F32")
        begin, end = entry["data_offsets"]
        values = np.frombuffer(blob, np.float32, (end - begin) // 4, 8 + size + begin)
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    """Writes {name: array} as F32, in the order of the names: the same input gives the same bytes."""
    header, chunks, at = {"__metadata__": {key: metadata[key] for key in sorted(metadata)}}, [], 0
    for name in sorted(tensors):
        values = np.asarray(tensors[name], np.float32)
        data = values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))
