#!/usr/bin/env python3
"""What OpenVINO computes of an ONNX file: every output for each picture. Runs in the environment that bench/ makes for it.

    openvino_outputs.py MODEL.onnx f32|bf16 IN.npy OUT.npz

IN: [n, 3, h, w] f32, run one by one; OUT: each output by its place ("0", "1"), [n, ...] f32. `of` is the same for those who
are in another environment.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def of(model, precision, pictures):
    """The outputs [n, ...] in their order, for a list of pictures [1, 3, h, w]."""
    import common

    sys.path.insert(0, str(common.ROOT / "bench"))
    import venvs

    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "in.npy"), Path(folder, "out.npz")
        np.save(given, np.concatenate(pictures))
        subprocess.run([venvs.peers(), __file__, model, precision, given, made], check=True)
        with np.load(made) as outputs:
            return [outputs[str(i)] for i in range(len(outputs.files))]


def main():
    import openvino

    model, precision, given, made = sys.argv[1:]
    pictures = np.load(given)
    core = openvino.Core()
    network = core.read_model(model)
    network.reshape([1, *pictures.shape[1:]])
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"})
    found = [[np.array(y, np.float32) for y in compiled(picture[None]).values()] for picture in pictures]
    np.savez(made, **{str(i): np.concatenate(part) for i, part in enumerate(zip(*found))})


if __name__ == "__main__":
    main()
