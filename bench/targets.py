#!/usr/bin/env python3
"""Runs the measurements of YOLOv8n and says, row by row, whether the project's targets are met.

    targets.py [MODEL] [--onnx FILE] [--program PATH] [--reuse]

A target is met at 1.0x when the ratio of medians is at least 0.97 at 1 and at 2 threads. `--reuse` measures
nothing and reads bench/results. Exit status 1 where a row fails; a row that this processor cannot run is
skipped and says so.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import machine

LABEL = "yolov8n-nudenet"
TIE = 0.97  # "1.0x" on a machine whose medians vary by a few per cent


def int8_models(label, model, onnx, length, program):
    """The name of a model in INT8 in .cache/bench-store and .cache/bench-models, made at the first use and where one of the files is newer
    that it is made of. A newer program does not make it anew: remove .cache/bench-models/NAME-int8.json where calibration changed."""
    name = f"{label}-{length[1]}".replace(",", "x")
    made = machine.CACHE / f"bench-models/{name}-int8.json"
    weights = model / "model.safetensors" if Path(model).is_dir() else Path(model)
    of = [weights, Path(onnx), machine.ROOT / "bench/int8_peer.py", machine.ROOT / "bench/requirements-nncf.txt"]
    if not made.exists() or made.stat().st_mtime < max(file.stat().st_mtime for file in of):
        python, script = machine.ROOT / ".venv-test/bin/python", machine.ROOT / "bench/int8_models.py"
        print(f"making {name} in INT8", file=sys.stderr)
        command = [python, script, label, model, onnx, *length, "--program", program]
        subprocess.run([str(word) for word in command], check=True, stdout=sys.stderr)
    return name


def run(arguments, script, *options, model=None):
    """Runs one script of bench/ with our model; its table goes to standard error."""
    command = [
        sys.executable,
        str(machine.ROOT / "bench" / script),
        str(model or arguments.model),
        "--onnx",
        str(arguments.onnx),
        "--program",
        str(arguments.program),
        "--label",
        LABEL,
        "--size",
        "640",
        *options,
    ]
    print(f"\n$ bench/{script} {' '.join(options)}", file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr)


def result(name):
    path = machine.RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


class Rows:
    """The rows so far."""

    def __init__(self):
        self.failed = self.checked = 0

    def check(self, what, value, wanted, unit="", at_most=False):
        met = value <= wanted if at_most else value >= wanted
        self.failed += not met
        self.checked += 1
        print(
            f"{'pass' if met else 'FAIL'}  {what}: {value:.2f}{unit}, "
            f"target {'at most' if at_most else 'at least'} {wanted:.2f}{unit}"
        )

    @staticmethod
    def skip(what, why):
        print(f"skip  {what}: {why}")


def check_against(rows, name, file, wanted):
    """Speed and memory of a network; `wanted`: {peer: ratio}, other peers are measured only."""
    found = result(file)
    if found is None:
        rows.skip(name, "not measured")
        return
    ours = {r["threads"]: r for r in found["rows"] if r["program"] == "llama-pajamas"}
    for r in found["rows"]:
        if r["program"] not in wanted:
            continue
        where = f"{name}, {r['threads']} threads, {r['program']}"
        rows.check(f"{where}, speed ratio", r["ratio"], wanted[r["program"]])
        for key, words in (
            ("peak_mb", "peak memory"),
            ("net_peak_mb", "peak memory, net of the interpreter"),
        ):
            if r[key] is not None:
                rows.check(f"{where}, {words}, ours", ours[r["threads"]][key], r[key], " MB", at_most=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", type=Path, default=machine.ROOT / ".cache/demo/320n.onnx")
    parser.add_argument("--onnx", type=Path, default=machine.ROOT / ".cache/demo/320n.onnx")
    parser.add_argument("--program", type=Path, default=machine.PROGRAM)
    parser.add_argument("--reuse", action="store_true")
    arguments = parser.parse_args()
    fast_bf16 = machine.computes_bf16()
    precisions = ["f32", "bf16"] if fast_bf16 else ["f32"]
    if not arguments.reuse:
        for precision in precisions:
            run(arguments, "against.py", "--precision", precision)
            run(arguments, "load_time.py", "--precision", precision)
        name = int8_models(LABEL, arguments.model, arguments.onnx, ["--size", "640"], arguments.program)
        peers = ["--int8", str(machine.CACHE / "bench-models" / name), "--home", str(machine.CACHE / "bench-store")]
        run(arguments, "against.py", "--precision", "int8", *peers, model=name)
        run(arguments, "detect_end_to_end.py")

    rows = Rows()
    file = f"against-{LABEL}-{{}}-640".format
    check_against(rows, "YOLOv8n 640 F32", file("f32"), {"openvino": TIE, "onnxruntime": 1.05})
    if fast_bf16 or arguments.reuse:
        check_against(rows, "YOLOv8n 640 BF16", file("bf16"), {"openvino": TIE})
    else:
        rows.skip("YOLOv8n 640 BF16", "this processor has no BF16 instructions")
    check_against(rows, "YOLOv8n 640 INT8", file("int8"), {"openvino": 1.1, "onnxruntime": 1.5})
    if found := result(f"end-to-end-{LABEL}-640"):
        rows.check(f"YOLOv8n 640, file to boxes, ratio to {found['fastest']}", found["ratio"], 2.0)
        speed = found["rows"][0]["frames_per_second"]
        if found["precision"] == "bf16":
            rows.check("YOLOv8n 640 BF16, file to boxes", speed, 60.0, " photos a second")
        else:
            rows.skip(
                "YOLOv8n 640 BF16, file to boxes",
                f"computed in {found['precision']}: {speed:.1f} photos a second",
            )
    for precision in precisions:
        if found := result(f"load-{LABEL}-{precision}-640"):
            rows.check(
                f"YOLOv8n 640 {precision.upper()}, start to first result",
                found["rows"][0]["median_ms"],
                300.0,
                " ms",
                at_most=True,
            )
    print(f"{rows.checked - rows.failed} of {rows.checked} targets met")
    sys.exit(1 if rows.failed or not rows.checked else 0)


if __name__ == "__main__":
    main()
