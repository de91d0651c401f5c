#!/usr/bin/env python3
"""Runs an .mlpackage without Core ML; see interpreter.py.

    interpret.py PACKAGE INPUTS.npz OUTPUTS.npz [--precision float32|declared] [--function NAME] [--trace]

Inputs are named as the model's are: tensors, or uint8 pictures, RGB [h, w, 3] or grey [h, w], where the model takes an image. A
state starts as the array "state:NAME", or as zeros. The outputs are the model's, and the final states, again "state:NAME".
--trace prints the range of every value. The package's files stay as they are.
"""

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])
import numpy as np  # noqa: E402
import torch  # noqa: E402

from coreml.interpreter import PRECISIONS, Interpreter  # noqa: E402
from coreml.values import MilError  # noqa: E402


def show(op, var, value):
    text = ""
    if value.numel() and value.dtype != torch.bool:
        wide = value.to(torch.float32)
        text = f" min {wide.min():.5g} max {wide.max():.5g} mean {wide.mean():.5g}"
    print(f"{op.op_type:28} {var.name:40} {tuple(value.shape)}{text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package")
    parser.add_argument("inputs")
    parser.add_argument("outputs")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--function")
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    with np.load(options.inputs) as archive:
        arrays = {name: archive[name] for name in archive.files}
    states = {name[6:]: array for name, array in arrays.items() if name.startswith("state:")}
    try:
        interpreter = Interpreter(options.package, options.precision, show if options.trace else None)
        outputs, states = interpreter.run(arrays, states, options.function)
    except (MilError, OSError) as error:
        print(f"interpret.py: {error}", file=sys.stderr)
        return 1
    np.savez(options.outputs, **outputs, **{f"state:{name}": array for name, array in states.items()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
