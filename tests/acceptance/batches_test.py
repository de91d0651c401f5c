#!/usr/bin/env python3
"""`--batch 4` gives what one at a time gives, in the same order; an input that cannot be read fails alone.

    batches_test.py [--program PATH]

Seven inputs, so that the last batch has three: pictures for YOLOv8n (F32, INT8, and padded to its stride only) and DINOv2, texts
of many lengths for MiniLM. Prints the worst relative root mean square of the differences and how much faster the network is in
batches. Real weights. Exit status 1 if anything is not as it should be.
"""

import argparse
import filecmp
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import encoder_models
import int8_accuracy
import numpy as np

BATCH, MOST_DIFFERENCE = 4, 1e-5
TEXTS = ["a cat", "many words " * 20, "ein Hund", "a", "a sentence of a dozen words or so, which is longer", "words " * 90, "nothing"]
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"failed: {what}")


def numbers(answer):
    """(what must be equal, what may differ a little) of each input."""
    for one in answer.get("images", answer.get("inputs")):
        found = one.get("detections", [])
        values = [[*d["box"].values(), d["confidence"]] for d in found] if "detections" in one else one["embedding"]
        yield (one.get("path", one.get("text")), [d["class_id"] for d in found]), np.array(values, np.float64).ravel()


def compare(what, single, batch):
    """Prints and checks how far two answers are from each other."""
    single, batch = list(numbers(single)), list(numbers(batch))
    check([one[0] for one in single] == [one[0] for one in batch], f"{what}: the same inputs, in order, with the same classes")
    worst = 0.0
    for (_, a), (_, b) in zip(single, batch):
        check(a.shape == b.shape, f"{what}: as many numbers, not {a.shape} and {b.shape}")
        check(np.isfinite(b).all(), f"{what}: numbers")
        if a.shape == b.shape and a.size > 0:
            worst = max(worst, np.sqrt(((a - b) ** 2).mean() / (a**2).mean()))
    check(sum(a.size for _, a in single) > 0, f"{what}: there is something to compare")
    check(worst <= MOST_DIFFERENCE, f"{what}: differs by {worst:.2g}")
    print(f"{what}: {len(single)} inputs, worst difference {worst:.2g}{' (bit for bit)' if worst == 0 else ''}")


class Served:
    """`bench --serve` of one batch."""

    def __init__(self, program, words, batch):
        command = [program, "bench", *words, "--batch", batch, "--serve", "--quiet"]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            sys.exit(f"{command}: is not ready")

    def times(self, runs):
        print(runs, file=self.process.stdin, flush=True)
        return [float(time) for time in self.process.stdout.readline().split()]

    def stop(self):
        print(0, file=self.process.stdin, flush=True)
        self.process.wait()


def speed(program, what, *words):
    """Interleaved, so that whatever else the machine does hits both."""
    single, batch = Served(program, words, 1), Served(program, words, BATCH)
    ratios = [sum(single.times(BATCH)) / sum(batch.times(1)) for _ in range(5)]
    single.stop(), batch.stop()
    print(f"{what}: in batches of {BATCH} {statistics.median(ratios):.2f} times as many a second")


def try_pictures(run, folder):
    views = int8_accuracy.write_views([common.demo_file("astronaut.png")], folder / "views")
    run("convert", common.demo_file("320n.onnx"), "--name", "yolo")
    run("convert", "yolo", "--precision", "int8", "--calibrate", *views[:1])
    for what, option in (("f32", ""), ("int8", ""), ("f32", "--rect"), ("f32", "--save")):
        command = ["detect", *views, "--model", "yolo", "--precision", what, "--confidence", "0.1"]
        single, batch = ([option, folder / name] if option == "--save" else [option] if option else [] for name in ("drawn", "drawn-batch"))
        compare(f"yolov8n {what} {option}", run(*command, *single), run(*command, *batch, "--batch", BATCH))
    drawn = sorted((folder / "drawn").iterdir())
    same = [filecmp.cmp(file, folder / "drawn-batch" / file.name, shallow=False) for file in drawn]
    check(len(drawn) == len(views) and all(same), "every picture of a batch is drawn as it is by itself")

    broken = folder / "broken.png"
    broken.write_bytes(views[0].read_bytes()[:100])
    done = run("detect", *views[:2], broken, folder / "absent.png", *views[2:], "--model", "yolo", "--batch", BATCH, status=1)
    check([Path(image["path"]) for image in done["images"]] == views, "the others of a batch go on")
    check([Path(error["path"]).name for error in done["errors"]] == ["broken.png", "absent.png"], "and what failed is named")
    return views


def try_memory(run):
    """Most of the machines that there are have less than the 400 GB that this needs."""
    available = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    if available * 1024 > 200e9:
        return
    error = run("bench", "yolo", "--size", 8192, "--batch", 256, status=1)["error"]
    check(error["type"] == "out_of_memory" and "a batch of 256 needs" in error["message"], f"no room is said: {error}")
    print(error["message"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    program = parser.parse_args().program
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)

        def run(*words, status=0):
            command = [str(word) for word in (program, *words, "--home", folder / "home", "--quiet", "--json")]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != status:
                sys.exit(f"{' '.join(command)}\nexit {done.returncode}: {done.stderr.strip()}")
            return json.loads(done.stdout)

        views = try_pictures(run, folder)
        try_memory(run)
        run("detect", views[0], "--model", "yolo", "--batch", 257, status=2)
        dinov2 = ["embed", *views, "--model", encoder_models.dinov2(), "--size", 112]
        compare("dinov2", run(*dinov2), run(*dinov2, "--batch", BATCH))
        texts = ["embed", *(f"--text={text}" for text in TEXTS), "--model", encoder_models.minilm()]
        compare("minilm", run(*texts), run(*texts, "--batch", BATCH))
        home = ("--home", folder / "home")
        speed(program, "yolov8n at 320", "yolo", "--precision", "f32", "--size", 320, *home)
        speed(program, "minilm, 16 tokens", encoder_models.minilm(), "--tokens", 16)
        speed(program, "dinov2 at 112", encoder_models.dinov2(), "--size", 112)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
