#!/usr/bin/env python3
"""Ultralytics from file to boxes, as its users call it, on its OpenVINO or ONNX export.

    ultralytics_peer.py openvino|onnx MODEL.onnx --size 640 PHOTO...

Protocol of bench/peer.py: after `ready` a line N makes it predict the next N photos, going round, one file
after the other; each time is from the file's name to its boxes.
"""

import argparse
import ast
import contextlib
import os
import sys
import time
from pathlib import Path

import machine

SETTINGS = machine.CACHE / "ultralytics"
SETTINGS.mkdir(parents=True, exist_ok=True)
os.environ.update(
    YOLO_CONFIG_DIR=str(SETTINGS), YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false"
)


def openvino_export(model, size):
    """What `yolo export format=openvino` makes of the model: a folder with its network and metadata.

    It is made from the ONNX export, as the PyTorch checkpoint is not published; weights are kept in f32, as
    Ultralytics does by default (half=False).
    """
    folder = machine.CACHE / "bench-models" / f"{model.stem}-{size}_openvino_model"
    if not (folder / "metadata.yaml").exists():
        import onnx
        import openvino
        import yaml

        folder.mkdir(parents=True, exist_ok=True)
        network = openvino.convert_model(str(model), input=[1, 3, size, size])
        openvino.save_model(network, str(folder / f"{model.stem}.xml"), compress_to_fp16=False)
        metadata = {p.key: p.value for p in onnx.load(str(model), load_external_data=False).metadata_props}
        metadata.update(stride=32, batch=1, imgsz=[size, size], names=ast.literal_eval(metadata["names"]))
        (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata))
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", choices=("openvino", "onnx"))
    parser.add_argument("model", type=Path)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("photos", nargs="+")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        from ultralytics import YOLO

        source = (
            openvino_export(arguments.model, arguments.size)
            if arguments.export == "openvino"
            else arguments.model
        )
        model = YOLO(str(source), task="detect")

        def predict(photo):
            results = model.predict(
                photo, imgsz=arguments.size, conf=0.25, iou=0.7, max_det=300, device="cpu", verbose=False
            )
            return results[0].boxes.data.numpy()

        boxes = sum(len(predict(photo)) for photo in dict.fromkeys(arguments.photos))  # also warms up
    print(f"ready boxes={boxes}", flush=True)
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 2
    )  # libpng warns at each run of a photo that has just been read well
    at = 0
    for line in sys.stdin:
        count = int(line)
        if count <= 0:
            break
        times = []
        for _ in range(count):
            photo = arguments.photos[at % len(arguments.photos)]
            at += 1
            begin = time.perf_counter()
            with contextlib.redirect_stdout(sys.stderr):
                predict(photo)
            times.append((time.perf_counter() - begin) * 1000)
        print(" ".join(f"{value:.4f}" for value in times), flush=True)


if __name__ == "__main__":
    main()
