#!/usr/bin/env python3
"""Measures the vocoder of a Piper voice against OpenVINO and ONNX Runtime, by turns.

    vocoder.py VOICE.onnx [--program PATH] [--threads 1,2] [--rounds 3] [--runs 20]

The peers get the voice's own HiFi-GAN, cut out of its graph by `.venv-test`'s onnx. Prints for each number of threads and precision
the least and the median of the times of all rounds, and the ratios of the peers' to ours; says which targets are met (F32 1.4 times
OpenVINO, BF16 2.5 times; by medians or by minima, whichever is less). Nothing is kept: a table for one's own machine.
"""

import argparse
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import machine
import venvs
from server import Server

CUT = """
import sys, onnx, onnx.utils
voice, path = sys.argv[1:3]
model = onnx.load(voice)
first = next(node for node in model.graph.node if node.name == "/dec/conv_pre/Conv")
part = onnx.utils.Extractor(model).extract_model([first.input[0]], [model.graph.output[0].name])
onnx.save(part, path)
"""
WANTED = {"f32": 1.4, "bf16": 2.5}
# Before each turn: the threads of the one before (ONNX Runtime's, OpenVINO's) go on waiting for work at full speed for a while.
REST_S = 0.1
FRAMES = 200  # what `bench --part vocoder` takes


def cut_vocoder(voice):
    path = machine.CACHE / "bench-models" / f"{voice.stem}-vocoder.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([machine.ROOT / ".venv-test/bin/python", "-c", CUT, voice, path], check=True)
    return path


def commands(arguments, threads, precision):
    """{name: command} of those who take turns."""
    onnx, python = cut_vocoder(arguments.voice), venvs.peers()
    ours = [arguments.program, "bench", arguments.voice, "--part", "vocoder", "--precision", precision, "--threads", threads, "--serve", "--quiet"]
    peer = [python, machine.ROOT / "bench/peer.py"]
    shape = ["--shape", f"1,192,{FRAMES}", "--threads", threads]
    found = {"ours": ours, "openvino": [*peer, "openvino", onnx, "--precision", precision, *shape]}
    if precision == "f32":
        found["onnxruntime"] = [*peer, "onnxruntime", onnx, *shape]
    return found


def measure(arguments, threads, precision):
    """{name: times in milliseconds}"""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(name, command)) for name, command in commands(arguments, threads, precision).items()]
        times = {server.name: [] for server in servers}
        for _ in range(arguments.rounds):
            for _ in range(arguments.runs):
                for server in servers:
                    time.sleep(REST_S)
                    times[server.name] += server.run(1)[0]
        return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("voice", type=Path)
    parser.add_argument("--program", type=Path, default=machine.PROGRAM)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    well = True
    for threads in arguments.threads.split(","):
        for precision in ("f32", "bf16") if machine.computes_bf16() else ("f32",):
            times = measure(arguments, threads, precision)
            for name, each in times.items():
                ratios = [statistics.median(each) / statistics.median(times["ours"]), min(each) / min(times["ours"])]
                line = f"{precision}, {threads} threads, {name}: min {min(each):.1f} ms, median {statistics.median(each):.1f}"
                if name == "ours":
                    print(line)
                    continue
                met = name != "openvino" or min(ratios) >= WANTED[precision]
                well &= met
                print(f"{line}; {ratios[0]:.2f} times ours by medians, {ratios[1]:.2f} by minima{'' if met else f', NOT {WANTED[precision]}'}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
