#!/usr/bin/env python3
"""Measures the text, image and sound encoders against OpenVINO and ONNX Runtime, and says which targets are met.

    encoders.py [--program PATH] [--models DIR] [--reuse] [NAME...]

NAME: only rows whose label contains one of these. The models lie in --models (default: .cache/models, where
`tests/acceptance/speed_encoders.sh` puts them); their ONNX files are written into .cache/bench-models at the
first use, by encoder_onnx.py in `.venv-test`. BF16 rows run where the processor multiplies BF16. `--reuse`
measures nothing and reads bench/results. Exit status 1 where a target is missed.
"""

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import machine
from targets import TIE, Rows, check_against, int8_models


@dataclass
class Encoder:
    """A network to measure; `wanted`: least ratio of OpenVINO's time to ours, by precision."""

    label: str
    folder: str
    wanted: dict = field(default_factory=lambda: {"f32": TIE, "bf16": TIE, "int8": TIE})
    size: int = 224
    tokens: int = 0
    shape: str = ""
    part: str = ""

    def length(self):
        return str(self.shape or self.tokens or self.size).replace(",", "x")

    def options(self):
        length = ["--shape", self.shape] if self.shape else ["--tokens", self.tokens] if self.tokens else ["--size", self.size]
        return [str(word) for word in (*length, *(["--part", self.part] if self.part else []))]


ENCODERS = [
    Encoder("minilm-l6", "minilm-l6-v2", {"f32": TIE, "bf16": TIE, "int8": 1.1}, tokens=64),
    Encoder("minilm-l6", "minilm-l6-v2", {"f32": TIE, "bf16": TIE, "int8": 1.1}, tokens=256),
    Encoder("dinov2-small", "dinov2-small", {"f32": TIE, "bf16": 1.1, "int8": 1.1}),
    Encoder("vit-s16", "drawn-ViT-S-16", {"f32": TIE, "bf16": 1.1, "int8": 1.2}),
    Encoder("vit-b16", "drawn-ViT-B-16", {"f32": TIE, "bf16": 1.2, "int8": 1.1}),
    Encoder("clip-b32-image", "drawn-clip-b32", part="image"),
    Encoder("clip-b32-text", "drawn-clip-b32", part="text", tokens=77),
    # Ours makes the spectrogram, too, of which the peers get a random one.
    Encoder("whisper-base", "whisper-base", part="encoder", shape="1,80,3000"),
]


def onnx_of(encoder, models):
    """The encoder as ONNX, written where it is not there yet or older than the model."""
    path = machine.CACHE / "bench-models" / f"{encoder.label}.onnx"
    weights = models / encoder.folder / "model.safetensors"
    if path.exists() and path.stat().st_mtime > weights.stat().st_mtime:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    python, script = machine.ROOT / ".venv-test/bin/python", machine.ROOT / "bench/encoder_onnx.py"
    print(f"writing {path}", file=sys.stderr)
    part = ["--part", encoder.part] if encoder.part else []
    command = [python, "-W", "ignore", script, weights.parent, path, *part]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return path


def measure(encoder, precision, arguments):
    options = ["--label", encoder.label, "--precision", precision, *encoder.options()]
    print(f"\n$ bench/against.py {encoder.folder} {' '.join(options)}", file=sys.stderr)
    onnx = onnx_of(encoder, arguments.models)
    model = arguments.models / encoder.folder
    given = ["--onnx", onnx, "--program", arguments.program]
    if precision == "int8":
        name = int8_models(encoder.label, model, onnx, encoder.options()[:2], arguments.program)
        given += ["--int8", machine.CACHE / "bench-models" / name, "--home", machine.CACHE / "bench-store"]
        model = name
    command = [sys.executable, machine.ROOT / "bench/against.py", model]
    subprocess.run([*command, *given, *options], check=True, stdout=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--program", type=Path, default=machine.PROGRAM)
    parser.add_argument("--models", type=Path, default=machine.CACHE / "models")
    parser.add_argument("--reuse", action="store_true")
    arguments = parser.parse_args()
    precisions = ["f32", "bf16", "int8"] if machine.computes_bf16() else ["f32", "int8"]
    rows = Rows()
    for encoder in ENCODERS:
        if arguments.names and not any(name in encoder.label for name in arguments.names):
            continue
        for precision, ratio in encoder.wanted.items():
            size = encoder.length()
            name = f"{encoder.label} {size} {precision.upper()}"
            if precision not in precisions and not arguments.reuse:
                rows.skip(name, f"this processor has no {precision.upper()} instructions")
                continue
            if not arguments.reuse:
                measure(encoder, precision, arguments)
            check_against(rows, name, f"against-{encoder.label}-{precision}-{size}", {"openvino": ratio})
    print(f"{rows.checked - rows.failed} of {rows.checked} targets met")
    sys.exit(1 if rows.failed or not rows.checked else 0)


if __name__ == "__main__":
    main()
