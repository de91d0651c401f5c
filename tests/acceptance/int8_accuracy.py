#!/usr/bin/env python3
"""YOLOv8n in INT8 finds what it finds in F32, and no less exactly than OpenVINO's INT8 does.

    int8_accuracy.py [--program PATH] [--model FILE.onnx] [--size N] [--peer PYTHON]

Half of the photos of $LLAMA_PAJAMAS_FIXTURES and crops of them are for calibration, the other half and theirs for
judging; the same picture in both is refused. What F32 finds at confidence 0.25 counts as there, all classes together:
mAP50 at least 0.97, and mAP50-95 no lower than that of NNCF and OpenVINO on the same data, where `--peer` names a Python
that has them. At least 90 % of the multiply-adds are INT8. `evaluate` must say the same as the calculation here. Without
the fixtures the demo's portrait and crops of it are used, and only mAP50 is judged.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import cv2
import numpy as np
import yolo_reference

LEAST_MAP50, LEAST_SHARE, LEAST_VIEWS, LEAST_BOXES = 0.97, 0.9, 100, 50
PARTS = {  # top, bottom, left, right
    "whole": (0, 1, 0, 1),
    "upper": (0, 0.6, 0, 1),
    "left": (0, 1, 0, 0.7),
    "middle": (0, 0.5, 0.2, 0.75),
    "lower": (0.35, 1, 0.1, 0.9),
    "right": (0, 1, 0.3, 1),
    "centre": (0.2, 0.8, 0.2, 0.8),
}


def write_views(photos, folder):
    """The photos and crops of them as files in `folder`."""
    folder.mkdir()
    for photo in photos:
        image = cv2.imread(str(photo))
        height, width = image.shape[:2]
        for name, (top, bottom, left, right) in PARTS.items():
            part = image[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
            cv2.imwrite(str(folder / f"{Path(photo).stem}-{name}.png"), part)
    return sorted(folder.iterdir())


def overlap(box, boxes):
    return yolo_reference.overlaps(box.astype(np.float64), boxes.astype(np.float64))


def average_precision(pictures, least):
    """COCO's, all classes together. `pictures`: (found, expected), rows (x1, y1, x2, y2, confidence, class)."""
    judged, count = [], 0
    for found, expected in pictures:
        taken = np.zeros(len(expected), bool)
        count += len(expected)
        for row in found[np.argsort(-found[:, 4], kind="stable")]:
            overlaps = overlap(row, expected) if len(expected) else np.zeros(0)
            overlaps[taken | (expected[:, 5] != row[5])] = -1
            best = int(overlaps.argmax()) if len(overlaps) else -1
            right = best >= 0 and overlaps[best] >= least
            if right:
                taken[best] = True
            judged.append((row[4], right))
    judged.sort(key=lambda one: -one[0])
    right = np.cumsum([one[1] for one in judged])
    recall, precision = right / count, right / np.arange(1, len(judged) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, np.linspace(0, 1, 101))
    return float(np.mean([best[i] if i < len(best) else 0 for i in at]))


def scores(pictures):
    """(mAP50, mAP50-95)"""
    all_of = [average_precision(pictures, 0.5 + 0.05 * i) for i in range(10)]
    return all_of[0], float(np.mean(all_of))


def rows_of(image):
    rows = [[d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in image["detections"]]
    return np.array(rows, np.float64).reshape(-1, 6)


def peer_rows(arguments, scratch, calibration, judged):
    """What OpenVINO's INT8 finds in the judged pictures, by how NNCF made it."""
    inputs = {}
    for name, views in (("calibration", calibration), ("judged", judged)):
        inputs[name] = scratch / f"{name}.npy"
        np.save(inputs[name], np.concatenate([yolo_reference.letterbox(yolo_reference.read_rgb(p), arguments.size) for p in views]))
    outputs = scratch / "outputs.npy"
    script = Path(__file__).with_name("nncf_peer.py")
    subprocess.run([arguments.peer, script, arguments.model, inputs["calibration"], inputs["judged"], outputs], check=True, stdout=sys.stderr)
    both = {}
    for name, answers in zip(("NNCF's defaults", "NNCF with weights of 7 bits"), np.load(outputs), strict=True):
        both[name] = []
        for path, output in zip(judged, answers, strict=True):
            height, width = yolo_reference.read_rgb(path).shape[:2]
            rows = yolo_reference.suppress(output, 0.001)
            both[name].append(yolo_reference.to_photo(rows, arguments.size, height, width))
    return both


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--model", default=None, help="default: the demo's")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--peer", help="Python with openvino and nncf")
    arguments = parser.parse_args()
    arguments.model = arguments.model or common.demo_file("320n.onnx")
    with tempfile.TemporaryDirectory() as folder:
        return judge(arguments, Path(folder))


def judge(arguments, scratch):
    photos = common.fixture_photos()
    full = len(photos) >= 30
    photos = photos or [common.demo_file("astronaut.png")] * 2
    calibration = write_views(photos[::2], scratch / "calibration")
    judged = write_views(photos[1::2], scratch / "judged") if full else calibration_free_views(scratch)
    home = ["--home", scratch / "home", "--quiet"]

    def run(*command):
        return common.run_json([arguments.program, *command, *home, "--json"])

    run("convert", arguments.model, "--name", "yolo", "--size", arguments.size, "--license", "AGPL-3.0")
    run("convert", "yolo", "--precision", "int8", "--calibrate", scratch / "calibration")
    share = run("show", "yolo", "--precision", "int8")["int8_share"]
    found = run("detect", *judged, "--model", "yolo", "--precision", "int8", "--confidence", "0.001")["images"]
    expected = run("detect", *judged, "--model", "yolo", "--precision", "f32")["images"]
    boxes = sum(len(image["detections"]) for image in expected)
    pairs = [(rows_of(a), rows_of(b)) for a, b in zip(found, expected, strict=True)]
    ours, said = scores(pairs), run("evaluate", "vision", *judged, "--model", "yolo", "--precision", "int8")["metrics"]
    print(f"{len(calibration)} views for calibration, {len(judged)} judged, {boxes} boxes in F32; {100 * share:.1f} % of the multiply-adds INT8")
    print(f"ours: mAP50 {ours[0]:.4f}, mAP50-95 {ours[1]:.4f}; evaluate says {said['map50']}, {said['map50_95']}")
    well = ours[0] >= LEAST_MAP50 and share >= LEAST_SHARE
    well &= abs(said["map50"] - ours[0]) < 2e-3 and abs(said["map50_95"] - ours[1]) < 2e-3 and said["boxes"] == boxes
    well &= check_reports(arguments.program, run, home, judged, expected, scratch)
    if full:
        well &= len(judged) >= LEAST_VIEWS and boxes >= LEAST_BOXES
        refused = subprocess.run(
            [str(part) for part in (arguments.program, "evaluate", "vision", calibration[0], "--model", "yolo", "--precision", "int8", *home)],
            capture_output=True, text=True,
        )  # fmt: skip
        well &= refused.returncode == 1 and "calibrated on it" in refused.stderr
        print(f"a picture of the calibration: {refused.stderr.strip()}")
    if full and arguments.peer:
        for name, peer in peer_rows(arguments, scratch, calibration, judged).items():
            theirs = scores([(row, pair[1]) for row, pair in zip(peer, pairs, strict=True)])
            print(f"OpenVINO, {name}: mAP50 {theirs[0]:.4f}, mAP50-95 {theirs[1]:.4f}")
            well &= ours[1] >= theirs[1]
    print("well" if well else "NOT WELL")
    return 0 if well else 1


def check_reports(program, run, home, judged, expected, scratch):
    """What F32 finds as label files: F32 is right against them, INT8 nearly; `verify` measures the manifest's reports again."""
    labels = scratch / "labels"
    labels.mkdir()
    for path, image in zip(judged, expected, strict=True):
        lines = []
        for found in image["detections"]:
            x1, y1, x2, y2 = (found["box"][k] / image[side] for k, side in zip(("x1", "y1", "x2", "y2"), ("width", "height") * 2, strict=True))
            lines.append(f"{found['class_id']} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}")
        (labels / f"{path.stem}.txt").write_text("\n".join(lines))
    report = run("evaluate", "vision", *judged, "--model", "yolo", "--precision", "int8", "--truth", labels)
    labelled = report["labelled"]
    print(f"against labels: INT8 {labelled['model']}, F32 {labelled['original']}")
    well = labelled["items"] == len(judged) and labelled["original"]["map50_95"] > 0.99 and labelled["model"]["map50"] >= 0.9
    verified = run("verify", "yolo", "--data", judged[0].parent)["models"][0]
    well &= verified["ok"] and verified["reports"] == 1
    manifest = scratch / "home/models/yolo/manifest.json"
    kept = manifest.read_text()
    manifest.write_text(kept.replace('"original": "yolo"', '"original": "/dev/stdin"'))  # a manifest names no files
    well &= run("verify", "yolo", "--data", judged[0].parent)["models"][0]["reports"] == 0
    manifest.write_text(kept)
    manifest.write_text(manifest.read_text().replace(f'"map50": {report["metrics"]["map50"]}', '"map50": 0.5'))
    refused = subprocess.run([str(part) for part in (program, "verify", "yolo", "--data", judged[0].parent, *home)], capture_output=True, text=True)
    print(f"a report that is not true: {refused.stderr.strip()}")
    return well and refused.returncode == 1 and "0.5 in the report" in refused.stderr


def calibration_free_views(scratch):
    """Mirrored crops of the portrait: none of them is a picture of the calibration."""
    image = cv2.imread(str(common.demo_file("astronaut.png")))[:, ::-1]
    mirrored = scratch / "mirrored.png"
    cv2.imwrite(str(mirrored), image)
    return write_views([mirrored], scratch / "judged")


if __name__ == "__main__":
    sys.exit(main())
