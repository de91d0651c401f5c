#!/usr/bin/env python3
"""A whole YOLOv8 with few channels and weights that are all zero, for tests of everything but its answers.

zero_model.py FILE.safetensors [--segment]
"""

import json
import struct
import sys
from pathlib import Path

WIDTHS = (4, 8, 16, 32, 64)  # after the five strided convolutions
CLASSES, BINS = 2, 16
MASKS, PROTOS = 4, 8


def mask_head(widths):
    """The same of what a model for segmentation has besides."""
    _, _, c3, c4, c5 = widths
    width = max(c3 // 4, MASKS)
    for i, inputs in enumerate((c3, c4, c5)):
        yield f"22.cv4.{i}.0.conv", width, inputs, 3
        yield f"22.cv4.{i}.1.conv", width, width, 3
        yield f"22.cv4.{i}.2", MASKS, width, 1
    yield "22.proto.cv1.conv", PROTOS, c3, 3
    yield "22.proto.upsample", PROTOS, PROTOS, 2
    yield "22.proto.cv2.conv", PROTOS, PROTOS, 3
    yield "22.proto.cv3.conv", MASKS, PROTOS, 1


def convolutions(widths):
    """(name, outputs, inputs, kernel) of every convolution, in the order of src/models/vision/yolov8.cpp."""
    c1, c2, c3, c4, c5 = widths

    def c2f(layer, inputs, outputs, repeats):
        half = outputs // 2
        yield f"{layer}.cv1.conv", outputs, inputs, 1
        for i in range(repeats):
            yield f"{layer}.m.{i}.cv1.conv", half, half, 3
            yield f"{layer}.m.{i}.cv2.conv", half, half, 3
        yield f"{layer}.cv2.conv", outputs, half * (2 + repeats), 1

    for layer, outputs, inputs in (
        (0, c1, 3),
        (1, c2, c1),
        (3, c3, c2),
        (5, c4, c3),
        (7, c5, c4),
        (16, c3, c3),
        (19, c4, c4),
    ):
        yield f"{layer}.conv", outputs, inputs, 3
    for layer, inputs, outputs, repeats in (
        (2, c2, c2, 1),
        (4, c3, c3, 2),
        (6, c4, c4, 2),
        (8, c5, c5, 1),
        (12, c5 + c4, c4, 1),
        (15, c4 + c3, c3, 1),
        (18, c3 + c4, c4, 1),
        (21, c4 + c5, c5, 1),
    ):
        yield from c2f(layer, inputs, outputs, repeats)
    yield "9.cv1.conv", c5 // 2, c5, 1
    yield "9.cv2.conv", c5, c5 * 2, 1
    for branch, width, outputs in ((2, max(16, c3 // 4, 4 * BINS), 4 * BINS), (3, max(c3, CLASSES), CLASSES)):
        for i, inputs in enumerate((c3, c4, c5)):
            yield f"22.cv{branch}.{i}.0.conv", width, inputs, 3
            yield f"22.cv{branch}.{i}.1.conv", width, width, 3
            yield f"22.cv{branch}.{i}.2", outputs, width, 1


def checkpoint(fill=bytes, widths=WIDTHS, segment=False):
    """A safetensors file of it; `fill` gives as many bytes of weights as it is asked for."""
    header, size = {}, 0
    for name, outputs, inputs, kernel in (*convolutions(widths), *(mask_head(widths) if segment else ())):
        for part, shape in (("weight", [outputs, inputs, kernel, kernel]), ("bias", [outputs])):
            elements = outputs * (inputs * kernel * kernel if part == "weight" else 1)
            header[f"model.{name}.{part}"] = {
                "dtype": "F32",
                "shape": shape,
                "data_offsets": [size, size + 4 * elements],
            }
            size += 4 * elements
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + fill(size)


def main():
    Path(sys.argv[1]).write_bytes(checkpoint(segment="--segment" in sys.argv))


if __name__ == "__main__":
    main()
