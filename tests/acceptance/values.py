"""Values of a model's blocks as our program computes them, and how far they are from others."""

import subprocess
import sys
import tempfile
from pathlib import Path

import common  # noqa: F401  puts tools/ on the path
import numpy as np
import tensor_file


def of_program(program, model, inputs, *options):
    """{value name: array} as lp-values computes them; `inputs`: {name: array}."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "values.safetensors")
        command = [program, model, "--output", made, *options]
        for number, (name, array) in enumerate(inputs.items()):
            np.save(Path(folder, f"{number}.npy"), array)
            command += ["--input", f"{name}={folder}/{number}.npy"]
        done = subprocess.run(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.strip()}")
        return tensor_file.read(made)[0]


def relative_rms(found, expected):
    """Relative RMS error; endless where sizes differ or values are not finite."""
    if found.size != expected.size:
        return float("inf")
    difference = found.ravel().astype(np.float64) - expected.ravel()
    value = float(np.sqrt((difference**2).sum() / (expected.astype(np.float64) ** 2).sum()))
    return value if np.isfinite(value) else float("inf")
