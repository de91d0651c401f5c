#!/usr/bin/env python3
"""Makes tests/models/yolov8-tiny.safetensors and yolov8-seg-tiny.safetensors: what Ultralytics' modules compute
in a tiny YOLOv8, for detection and for segmentation.

    goldens.py [detect|segment [OUT]]

Weights and the picture come from a formula that tests/support/formula.hpp repeats; only results are stored:
element i of the tensor NAME is uniform in [-a, a),
    u = splitmix64's finalizer (FNV-1a 64 of NAME + (i + 1) * 0x9E3779B97F4A7C15), its top 24 bits / 2^24
    value = (2 u - 1) a, in f64, rounded to f32
with a = GAIN * sqrt(3 / fan_in) for convolutions, 0.1 for biases; the picture is u itself.
Needs the environment of scripts/test.sh (PyTorch, Ultralytics).
Sources: splitmix64 of Steele, Lea, Flood 2014 (doi 10.1145/2660193.2660195), constants as in Vigna's
public domain splitmix64.c;
FNV-1a: Fowler, Noll, Vo, http://www.isthe.com/chongo/tech/comp/fnv (64 bit offset basis and prime).
"""

import math
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/acceptance")]
import tensor_file  # noqa: E402
import ultralytics_model  # noqa: E402

WIDTHS = (
    4,
    6,
    8,
    10,
    12,
)  # all different and no multiples of 8, so that no two can be mistaken for each other
CLASSES, HEIGHT, WIDTH = 3, 32, 64
# SiLU more than halves small values: with 1.8 the output hardly depends on the picture, with 1.92 four of five scores saturate.
# Between, near 1.86, pictures that hardly differ grow apart until nothing is alike, and so do roundings: f32 of one processor was 14e-6
# away from f64. With this gain and size it is 1e-6.
GAIN = 1.9
MASKS, PROTOS = 5, 7  # of the one for segmentation: coefficients a mask, channels where prototypes are made
MIN_DIFFERENCE = 0.1  # between the outputs of two pictures, relative RMS of distances and of scores
CHECKED = (f"model.{i}" for i in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 18, 19, 21, 22))
INSIDE = (
    "model.2.cv1",
    "model.4.m.0.cv1",
    "model.4.m.0",
    "model.4.m.1",
    "model.12.m.0",
    "model.9.cv1",
    "model.22.cv2.1.1",
    "model.22.cv3.2.0",
)
INSIDE_SEGMENT = (
    "model.22.proto.cv1",
    "model.22.proto.upsample",
    "model.22.proto.cv2",
    "model.22.proto",
    "model.22.cv4.0.0",
    "model.22.cv4.1.1",
    "model.22.cv4.2.2",
)
MASK = (1 << 64) - 1


def uniform(name, count):
    """`count` numbers in [0, 1) that belong to `name`."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 & MASK
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 24)


def weight(name, shape):
    """The tensor `name` of the formula: a convolution [out, in, kh, kw] or a bias."""
    amplitude = GAIN * math.sqrt(3 / math.prod(shape[1:])) if len(shape) > 1 else 0.1
    return ((2 * uniform(name, math.prod(shape)) - 1) * amplitude).astype(np.float32).reshape(shape)


def picture(name):
    return uniform(name, 3 * HEIGHT * WIDTH).astype(np.float32).reshape(1, 3, HEIGHT, WIDTH)


def config(task):
    """Ultralytics' description of YOLOv8 with our widths. Layers: [from, repeats, module, arguments]."""
    a, b, c, d, e = WIDTHS
    backbone = [
        [-1, 1, "Conv", [a, 3, 2]],
        [-1, 1, "Conv", [b, 3, 2]],
        [-1, 1, "C2f", [b, True]],
        [-1, 1, "Conv", [c, 3, 2]],
        [-1, 2, "C2f", [c, True]],
        [-1, 1, "Conv", [d, 3, 2]],
        [-1, 2, "C2f", [d, True]],
        [-1, 1, "Conv", [e, 3, 2]],
        [-1, 1, "C2f", [e, True]],
        [-1, 1, "SPPF", [e, 5]],
    ]
    up = [-1, 1, "nn.Upsample", [None, 2, "nearest"]]
    head = [
        up,
        [[-1, 6], 1, "Concat", [1]],
        [-1, 1, "C2f", [d]],
        up,
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "C2f", [c]],
        [-1, 1, "Conv", [c, 3, 2]],
        [[-1, 12], 1, "Concat", [1]],
        [-1, 1, "C2f", [d]],
        [-1, 1, "Conv", [d, 3, 2]],
        [[-1, 9], 1, "Concat", [1]],
        [-1, 1, "C2f", [e]],
        [[15, 18, 21], 1, "Detect", ["nc"]] if task == "detect" else [[15, 18, 21], 1, "Segment", ["nc", MASKS, PROTOS]],
    ]
    return {"nc": CLASSES, "backbone": backbone, "head": head, "depth_multiple": 1.0, "width_multiple": 1.0}


def model(task="detect"):
    """The tiny model with the formula's weights."""
    rounding, ultralytics_model.tasks.make_divisible = (
        ultralytics_model.tasks.make_divisible,
        lambda width, _divisor: int(width),
    )
    try:
        tiny = ultralytics_model.build(config(task), CLASSES, task)  # without rounding widths up to multiples of 8
    finally:
        ultralytics_model.tasks.make_divisible = rounding
    names = {
        name: tuple(values.shape)
        for name, values in tiny.state_dict().items()
        if not name.endswith("dfl.conv.weight")
    }
    ultralytics_model.load(tiny, {name: weight(name, shape) for name, shape in names.items()})
    return tiny


def difference(first, second):
    return float(np.sqrt(((first - second) ** 2).sum() / (first**2).sum()))


def check_sensitivity(first, second):
    """A model that hardly depends on its picture would prove nothing."""
    blocks = ("model.9", "model.21", "model.22.cv2.0", "model.22.cv3.0", "coefficients", "protos")
    measured = {name: difference(first[name], second[name]) for name in blocks if name in first}
    measured["boxes"] = difference(first["output"][:, :4], second["output"][:, :4])
    measured["scores"] = difference(first["output"][:, 4:], second["output"][:, 4:])
    print("two pictures differ by", ", ".join(f"{name} {value:.2f}" for name, value in measured.items()))
    low = [name for name, value in measured.items() if value < MIN_DIFFERENCE]
    if low:
        sys.exit(f"the output hardly depends on the picture: {', '.join(low)}")


def main():
    task = sys.argv[1] if len(sys.argv) > 1 else "detect"
    name = {"detect": "yolov8-tiny", "segment": "yolov8-seg-tiny"}[task]
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / f"tests/models/{name}.safetensors"
    # In f64: what is compared is then our rounding alone, and not the sum of ours and PyTorch's.
    tiny = model(task).double()
    values = ultralytics_model.run(tiny, picture("images").astype(np.float64))
    check_sensitivity(values, ultralytics_model.run(tiny, picture("other images").astype(np.float64)))
    values = {name: array.astype(np.float32) for name, array in values.items()}
    inside = (*INSIDE, *INSIDE_SEGMENT, "coefficients", "protos") if task == "segment" else INSIDE
    tensors = {name: values[name] for name in (*CHECKED, *inside, "output")}
    del tensors["model.22"]  # the same as the output
    # The formula itself: a few elements of each kind, to tell a wrong formula from a wrong model.
    tensors["formula.model.9.cv1.conv.weight"] = weight(
        "model.9.cv1.conv.weight", (WIDTHS[4] // 2, WIDTHS[4], 1, 1)
    ).ravel()[:4]
    tensors["formula.model.0.conv.bias"] = weight("model.0.conv.bias", (WIDTHS[0],))
    tensors["formula.images"] = picture("images").ravel()[:4]
    import torch
    import ultralytics

    tensor_file.write(
        out,
        tensors,
        {
            "made_by": "tools/goldens.py",
            "torch": torch.__version__,
            "ultralytics": ultralytics.__version__,
            "widths": ",".join(map(str, WIDTHS)),
            "repeats": "1",
            "classes": str(CLASSES),
            "height": str(HEIGHT),
            "width": str(WIDTH),
            "gain": str(GAIN),
            **({"masks": str(MASKS), "protos": str(PROTOS)} if task == "segment" else {}),
        },
    )
    print(f"{out}: {len(tensors)} tensors, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
