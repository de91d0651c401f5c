#!/usr/bin/env python3
"""Each op of tests/ops/*.test that Core ML can have computes in a package what the test says, run by tests/coreml.

    coreml_ops.py [--emitter PROGRAM] [--self-test]

Cases by hand and sweeps against the reference, as float32 packages and as float16 packages whose results are rounded. The linter finds
nothing in any of them. `--self-test`: it fails when the first input of each test is turned around (float32): of each op at least one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import tensor_file

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.interpreter import Interpreter  # noqa: E402
from coreml.linter import lint  # noqa: E402
from coreml.rules.program import RESERVED  # noqa: E402

# Relative to the largest number of the result: f32 in another order of sums; f16 has 11 bits, and up to a few roundings in a row.
LIMITS = {"f32": 2e-6, "f16": 4e-3}
LEVEL = 2e-2  # of quantize in f16: an input that was rounded may be nearer to the next of 255 levels, which factors set further apart
# These come with the models that have them.
NOT_YET = {"reorder", "resize_cubic"}


def emitted(arguments, precision, folder):
    files = sorted((common.ROOT / "tests/ops").glob("*.test"))
    command = [arguments.emitter, *files, "--precision", precision, "--output", folder]
    done = subprocess.run([str(part) for part in command], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    return json.loads(Path(folder, "list.json").read_text())


def as_state(array):
    """A state [b, t, d] as the package has it."""
    return np.ascontiguousarray(array.transpose(0, 2, 1)[:, :, None])


def error_of(package, tensors, precision, turned):
    inputs = {name.removeprefix("in:"): array for name, array in tensors.items() if name.startswith("in:")}
    interpreter = Interpreter(package, "float32" if precision == "f32" else "declared")
    description = interpreter.spec.description
    inputs = {f"{name}_" if name in RESERVED else name: array for name, array in inputs.items()}
    for feature in description.input:
        array = inputs[feature.name]
        if feature.type.multiArrayType.dataType == feature.type.multiArrayType.INT32:
            inputs[feature.name] = array.astype(np.int32)
        elif len(feature.type.multiArrayType.shape) != array.ndim:
            inputs[feature.name] = as_state(array)
    states = {feature.name: as_state(inputs.pop(feature.name)) for feature in description.state}
    if turned and inputs:
        first = next(iter(inputs))
        inputs[first] = np.ascontiguousarray(inputs[first].ravel()[::-1].reshape(inputs[first].shape)) + inputs[first].dtype.type(0)
    found = interpreter.run(inputs, states)[0]["result"]
    if found.shape != tensors["result"].shape:
        return float("inf")
    return float(np.abs(found - tensors["result"]).max() / max(np.abs(tensors["result"]).max(), 1e-3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emitter", default=common.ROOT / "build/release/bin/lp-coreml-ops")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    good, noticed, ran, deaf, alert = True, 0, 0, set(), set()
    for precision, limit in LIMITS.items():
        if arguments.self_test and precision != "f32":
            continue
        with tempfile.TemporaryDirectory() as folder:
            for test in emitted(arguments, precision, folder):
                if "why" in test:
                    if test["op"] not in NOT_YET:
                        print(f"{test['op']} {test['name']}: {test['why']}")
                        good = False
                    continue
                package = Path(folder, f"{test['number']}.mlpackage")
                for problem in lint(package):
                    print(f"{test['op']} {test['name']} {precision}: {problem}")
                    good = False
                tensors = tensor_file.read(Path(folder, f"{test['number']}.safetensors"))[0]
                error = error_of(package, tensors, precision, arguments.self_test)
                ran += 1
                deaf.add(test["op"])
                if not error < (max(limit, LEVEL) if precision == "f16" and test["op"] == "quantize" else limit):
                    noticed += 1
                    alert.add(test["op"])
                    if not arguments.self_test:
                        print(f"{test['op']} {test['name']} {precision}: {error:.2g} TOO MUCH")
                        good = False
    print(f"{ran} packages, {noticed} wrong")
    if arguments.self_test:
        print(f"not noticed at all: {', '.join(sorted(deaf - alert)) or 'nothing'}")
        return 0 if deaf == alert else 1
    return 0 if good and ran else 1


if __name__ == "__main__":
    sys.exit(main())
