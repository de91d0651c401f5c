#!/usr/bin/env python3
"""MiniLM and DINOv2 in INT8 give the vectors that they give in F32: cosine above 0.99, on average and nearly always.

    int8_encoders.py [--program PATH] [MODEL...]

Sentences of this project's documents, every other one for calibration; pictures as int8_accuracy.py has them. The mean cosine
must be above 0.99, none below 0.985. Real weights.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import common
import encoder_models
import int8_accuracy
import numpy as np

LEAST_MEAN, LEAST = 0.99, 0.985


def sentences():
    text = "\n\n".join((common.ROOT / name).read_text() for name in ("README.md", "docs/architecture.md", "docs/privacy.md", "CONTRIBUTING.md"))
    parts = re.split(r"(?<=[.!?])\s+|\n\n|\|", re.sub(r"[`*#]", "", text))
    parts = [re.sub(r"\s+", " ", part).strip() for part in parts]
    return [part for part in parts if 20 < len(part) < 400]


def cosines(a, b):
    a, b = (np.array([one["embedding"] for one in answer["inputs"]]) for answer in (a, b))
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def judge(run, name, folder, data, inputs):
    run("convert", folder, "--name", name)
    run("convert", name, "--precision", "int8", "--calibrate", data)
    share = run("show", name, "--precision", "int8")["int8_share"]
    answers = [run("embed", "--model", name, "--precision", precision, *inputs) for precision in ("int8", "f32")]
    found = cosines(*answers)
    print(f"{name}: {len(found)} inputs, cosine {found.mean():.4f} on average, {found.min():.4f} at least, {100 * share:.1f} % of the multiply-adds INT8")
    return [answer["precision"] for answer in answers] == ["int8", "f32"] and found.mean() > LEAST_MEAN and found.min() > LEAST


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["minilm", "dinov2"])
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)

        def run(*command):
            return common.run_json([arguments.program, *command, "--home", scratch / "home", "--quiet", "--json"])

        well = True
        if "minilm" in arguments.models:
            texts = sentences()
            (scratch / "calibration.txt").write_text("\n".join(texts[::2][:64]))
            judged = [f"--text={text}" for text in texts[1::2][:64]]
            well &= judge(run, "minilm", encoder_models.minilm(), scratch / "calibration.txt", judged)
        if "dinov2" in arguments.models:
            photos = common.fixture_photos()
            if photos:
                data, judged = photos[::2], photos[1::2]
                views = int8_accuracy.write_views(data, scratch / "calibration")
                for view in views[1::3] + views[2::3]:  # a third is enough: every layer is tried on each
                    view.unlink()
            else:
                int8_accuracy.write_views([common.demo_file("astronaut.png")], scratch / "calibration")
                judged = int8_accuracy.calibration_free_views(scratch)
            well &= judge(run, "dinov2", encoder_models.dinov2(), scratch / "calibration", judged)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
