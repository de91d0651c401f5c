#!/usr/bin/env python3
"""`detect` finds the boxes that OpenCV, ONNX Runtime and Ultralytics' rules find in the same photos.

    boxes_equal_onnxruntime.py [--program PATH] [--model FILE.onnx] [--ours FILE|NAME]
                               [--sizes 320,640] [--one-gain]

A box matches one of the same class with IoU > 0.99 and a confidence within 0.005; none may be missing and
none too many, except within 0.005 of the threshold. Exit status 1 otherwise. `--ours` runs the program on
another artefact of the same model, for example its GGUF.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import common
import cv2
import numpy as np
import onnxruntime
import yolo_reference

CONFIDENCE = 0.05
NEAR = 0.005  # confidences may differ by this much: pictures are decoded and scaled by different code
MIN_IOU = 0.99
MIN_BOXES = 60  # over all fixture photos and sizes: fewer would prove little


def crops_of(photo, folder):
    """The photo and four crops of it, of different shapes, as files."""
    image = cv2.imread(str(photo))
    height, width = image.shape[:2]
    paths = [photo]
    for name, top, bottom, left, right in (
        ("upper", 0, 0.6, 0, 1),
        ("left", 0, 1, 0, 0.7),
        ("middle", 0, 0.5, 0.2, 0.75),
        ("lower", 0.35, 1, 0.1, 0.9),
    ):
        part = image[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
        paths.append(Path(folder) / f"{name}.png")
        cv2.imwrite(str(paths[-1]), part)
    return paths


def ours(arguments, photos, size):
    """Rows (x1, y1, x2, y2, confidence, class) a photo, from the program."""
    command = [
        arguments.program,
        "detect",
        *photos,
        "--model",
        arguments.ours or arguments.model,
        "--runtime",
        arguments.runtime,
        "--precision",
        "f32",
        "--size",
        size,
        "--confidence",
        CONFIDENCE,
        "--json",
        "--offline",
    ]
    images = common.run_json(command)["images"]
    if len(images) != len(photos):
        sys.exit(f"detect answered for {len(images)} of {len(photos)} photos")
    return [
        np.array(
            [
                [d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]]
                for d in i["detections"]
            ],
            np.float64,
        ).reshape(-1, 6)
        for i in images
    ]


def compare(expected, found):
    """Pairs (IoU, confidence difference) of matched boxes, and the complaints."""
    pairs, complaints, free = [], [], set(range(len(found)))
    for row in expected:
        same = [i for i in free if found[i][5] == row[5]]
        best = max(same, key=lambda i: yolo_reference.overlaps(row, found[i : i + 1])[0], default=None)
        iou = 0.0 if best is None else float(yolo_reference.overlaps(row, found[best : best + 1])[0])
        if iou <= 0.5 and row[4] <= CONFIDENCE + NEAR:
            continue  # on the threshold: may be on one side only
        if iou <= 0.5:
            complaints.append(f"missing: class {row[5]:.0f} at {row[:4].round(1)}, confidence {row[4]:.4f}")
            continue
        free.discard(best)
        difference = abs(found[best][4] - row[4])
        pairs.append((iou, difference))
        if iou <= MIN_IOU or difference > NEAR:
            complaints.append(
                f"differs: class {row[5]:.0f} at {row[:4].round(1)}, {row[4]:.4f}; "
                f"ours {found[best][:4].round(1)}, {found[best][4]:.4f}; IoU {iou:.4f}"
            )
    for i in sorted(free):
        if found[i][4] > CONFIDENCE + NEAR:
            complaints.append(
                f"one more: class {found[i][5]:.0f} at {found[i][:4].round(1)}, confidence {found[i][4]:.4f}"
            )
    return pairs, complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--model", type=Path, help="ONNX file (default: the demo's)")
    parser.add_argument("--ours", help="what the program runs, where it is not the ONNX file")
    parser.add_argument("--runtime", default="onednn")
    parser.add_argument("--sizes", default="320,640")
    parser.add_argument(
        "--one-gain", action="store_true", help="scale boxes back as Ultralytics before 8.4 did"
    )
    arguments = parser.parse_args()
    arguments.model = arguments.model or common.demo_file("320n.onnx")

    session = onnxruntime.InferenceSession(str(arguments.model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(images):
        return session.run(None, {name: images})[0]

    with tempfile.TemporaryDirectory() as folder:
        fixtures = common.fixture_photos()
        photos = fixtures or crops_of(common.demo_file("astronaut.png"), folder)
        pairs, failures = [], 0
        for size in map(int, arguments.sizes.split(",")):
            for photo, found in zip(photos, ours(arguments, photos, size)):
                expected = yolo_reference.detect(run, photo, size, CONFIDENCE, arguments.one_gain)
                matched, complaints = compare(expected, found)
                pairs += matched
                failures += len(complaints)
                for line in complaints:
                    print(f"{photo.name} at {size}: {line}")
    worst_iou = min((p[0] for p in pairs), default=0)
    worst_confidence = max((p[1] for p in pairs), default=0)
    print(
        f"{len(pairs)} boxes in {len(photos)} photos compared at sizes {arguments.sizes}: "
        f"worst IoU {worst_iou:.5f}, worst confidence difference {worst_confidence:.5f}, {failures} failures"
    )
    if len(pairs) < (MIN_BOXES if fixtures else 1):
        sys.exit(f"{len(pairs)} boxes are too few to prove anything")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
