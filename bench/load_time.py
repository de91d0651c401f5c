#!/usr/bin/env python3
"""From the start of a process to its first result, with the files in the system's cache.

    load_time.py MODEL [--onnx FILE] [--photo FILE] [--precision f32] [--size 640] [--threads 2]
                 [--runs 20] [--no-save]

Ours is the whole of `detect PHOTO`: start, read the model, compile, decode the photo, find the boxes, end.
A peer's is start, imports, read, compile, one result; also shown without its interpreter's start and
imports. All take turns. Result: bench/results/load-*.json.
"""

import argparse
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

PEERS = ("openvino", "onnxruntime")


def timed(command):
    """Milliseconds that a command takes from start to end."""
    begin = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    took = (time.perf_counter() - begin) * 1000
    if done.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}: {done.stderr.strip()}")
    return took


def peer_command(peer, arguments):
    return [
        venvs.peers(),
        machine.ROOT / "bench/peer.py",
        peer,
        arguments.onnx,
        "--precision",
        arguments.precision,
        "--size",
        arguments.size,
        "--threads",
        arguments.threads,
    ]


def measure(arguments):
    ours = [
        arguments.program,
        "detect",
        arguments.photo,
        "--model",
        arguments.model,
        "--precision",
        arguments.precision,
        "--size",
        arguments.size,
        "--threads",
        arguments.threads,
        "--json",
        "--offline",
    ]
    peers = [p for p in PEERS if arguments.precision == "f32" or p == "openvino"]
    times, bare = {name: [] for name in (OURS, *peers)}, {name: [] for name in peers}
    for run in range(arguments.runs + 1):
        took = {OURS: timed(ours)}
        for peer in peers:
            with Server(peer, peer_command(peer, arguments)) as server:
                took[peer] = server.start_ms
        if run == 0:
            continue  # brings the files into the system's cache
        for name, value in took.items():
            times[name].append(value)
        for peer in peers:
            bare[peer].append(timed([venvs.peers(), "-c", f"import numpy, {peer}"]))
    rows = []
    for name, measured in times.items():
        command = ours if name == OURS else peer_command(name, arguments)
        imports = statistics.median(bare[name]) if name in bare else 0.0
        rows.append(
            {
                "program": name,
                "threads": arguments.threads,
                "runs": len(measured),
                "min_ms": min(measured),
                "median_ms": statistics.median(measured),
                "imports_ms": imports,
                "net_median_ms": statistics.median(measured) - imports,
                "command": machine.shown(command),
            }
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--onnx")
    parser.add_argument("--label")
    parser.add_argument("--photo", type=Path, default=machine.ROOT / ".cache/demo/astronaut.png")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--program", default=machine.PROGRAM)
    parser.add_argument("--no-save", action="store_true")
    arguments = parser.parse_args()
    arguments.onnx = onnx_of(arguments.model, arguments.onnx)
    label = arguments.label or Path(arguments.model).stem
    about, rows = machine.describe(), measure(arguments)
    result = {
        "kind": "load",
        "model": label,
        "precision": arguments.precision,
        "size": arguments.size,
        "machine": about,
        "command": machine.shown(["bench/load_time.py", *sys.argv[1:]]),
        "rows": rows,
    }
    for r in rows:
        print(
            f"{r['program']:14} min {r['min_ms']:7.1f} ms, median {r['median_ms']:7.1f}, "
            f"without imports {r['net_median_ms']:7.1f}"
        )
    if not arguments.no_save:
        print(machine.save(f"load-{label}-{arguments.precision}-{arguments.size}", result), file=sys.stderr)


if __name__ == "__main__":
    main()
