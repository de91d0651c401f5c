#!/usr/bin/env python3
"""`detect` from file to boxes against Ultralytics with its fastest export for CPUs.

    detect_end_to_end.py MODEL [PHOTO...] [--onnx FILE] [--precision auto] [--size 640]
                         [--rounds 3] [--no-save]

Without photos: those of $LLAMA_PAJAMAS_FIXTURES/images, else the demo's. Ours: one `detect` process a round
over a first photo, which is not counted, and then all of them; its times per photo (decode, preprocess,
inference, postprocess), checked against a clock outside: the time of a process with all photos twice less
that of one with all photos once. Ultralytics: one warm process for each export, `predict(file)` one by one;
the fastest export counts. Ours pads to the stride only
(`--rect`), as Ultralytics does with an export of free size; plans are made before the clock runs, as its warm-up
is. All threads, rounds take turns. Result: bench/results/end-to-end-*.json.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
import venvs
from against import OURS, onnx_of
from server import Server

EXPORTS = ("openvino", "onnx")


def photos_of(arguments):
    if arguments.photos:
        return [str(p) for p in arguments.photos]
    folder = os.environ.get("LLAMA_PAJAMAS_FIXTURES")
    if folder:
        return sorted(str(p) for p in Path(folder, "images").glob("*.jpg"))
    return [str(machine.ROOT / ".cache/demo/astronaut.png")] * 20


def our_run(command, photos):
    """Times a photo as the program tells them, and of the whole process."""
    begin = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in (*command[:2], *photos, *command[2:])], capture_output=True, text=True
    )
    took = (time.perf_counter() - begin) * 1000
    if done.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    stages = [image["ms"] for image in answer["images"]]
    return answer, stages, took


def measure(arguments, photos):
    command = [
        arguments.program,
        "detect",
        "--model",
        arguments.model,
        "--precision",
        arguments.precision,
        "--size",
        arguments.size,
        "--rect",
        "--json",
        "--offline",
    ]
    peers = [f"ultralytics {export}" for export in EXPORTS]
    rounds, stages, outside, answer = {name: [] for name in (OURS, *peers)}, [], [], {}
    servers = {
        name: Server(
            name,
            [
                venvs.ultralytics(),
                machine.ROOT / "bench/ultralytics_peer.py",
                name.split()[1],
                arguments.onnx,
                "--size",
                arguments.size,
                *photos,
            ],
        )
        for name in peers
    }
    try:
        for _ in range(arguments.rounds):
            answer, once, took_once = our_run(command, [photos[0], *photos])
            stages += once[1:]
            rounds[OURS].append([sum(ms.values()) for ms in once[1:]])
            _, _, took_twice = our_run(command, [photos[0], *photos, *photos])
            outside.append((took_twice - took_once) / len(photos))
            for name in peers:
                rounds[name].append(servers[name].run(len(photos))[0])
    finally:
        for server in servers.values():
            server.__exit__()
    boxes = {OURS: sum(len(image["detections"]) for image in answer["images"][1:])}
    return (
        rounds,
        stages,
        outside,
        {
            "runtime": answer.get("runtime"),
            "precision": answer.get("precision"),
            "boxes": boxes,
            "our_command": machine.shown(command),
        },
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("photos", nargs="*")
    parser.add_argument("--onnx")
    parser.add_argument("--label")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", default=machine.PROGRAM)
    parser.add_argument("--no-save", action="store_true")
    arguments = parser.parse_args()
    arguments.onnx = onnx_of(arguments.model, arguments.onnx)
    photos, about = photos_of(arguments), machine.describe()
    rounds, stages, outside, extra = measure(arguments, photos)

    rows = []
    for name, measured in rounds.items():
        every = [value for part in measured for value in part]
        means = [statistics.mean(part) for part in measured]
        # Throughput over the whole set: the mean, since photos differ in size.
        rows.append(
            {
                "program": name,
                "photos": len(photos),
                "runs": len(every),
                "min_ms": min(every),
                "median_ms": statistics.median(every),
                "round_means_ms": means,
                "mean_ms": statistics.median(means),
                "frames_per_second": 1000 / statistics.median(means),
            }
        )
    ours, fastest = rows[0], min(rows[1:], key=lambda r: r["mean_ms"])
    ours["outside_mean_ms"] = statistics.median(outside)
    ours["stages_ms"] = {stage: statistics.mean(ms[stage] for ms in stages) for stage in stages[0]}
    ratios = [theirs / our for theirs, our in zip(fastest["round_means_ms"], outside)]
    result = {
        "kind": "end-to-end",
        "model": arguments.label or Path(arguments.model).stem,
        "size": arguments.size,
        "machine": about,
        "command": machine.shown(["bench/detect_end_to_end.py", *sys.argv[1:]]),
        "fastest": fastest["program"],
        "round_ratios": ratios,
        "ratio": statistics.median(ratios),
        "rows": rows,
        **extra,
    }
    for r in rows:
        print(
            f"{r['program']:22} {r['mean_ms']:7.2f} ms a photo "
            f"(median {r['median_ms']:.2f}, min {r['min_ms']:.2f}), "
            f"{r['frames_per_second']:6.1f} a second"
        )
    print(
        f"ours by the clock outside: {ours['outside_mean_ms']:.2f} ms; stages "
        + ", ".join(f"{stage} {ms:.2f}" for stage, ms in ours["stages_ms"].items())
    )
    print(f"{result['ratio']:.2f}x {fastest['program']} (rounds {' '.join(f'{x:.2f}' for x in ratios)})")
    if not arguments.no_save:
        print(machine.save(f"end-to-end-{result['model']}-{arguments.size}", result), file=sys.stderr)


if __name__ == "__main__":
    main()
