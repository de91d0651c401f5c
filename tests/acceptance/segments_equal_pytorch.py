#!/usr/bin/env python3
"""YOLOv8-seg computes what Ultralytics' PyTorch model computes, and `segment` finds the same masks.

    segments_equal_pytorch.py [--program PATH] [--values PROGRAM] [--size 320] [--runtimes onednn,reference]

The model is YOLOv8n-seg: backbone and boxes of the demo's detector, the branches of masks drawn. Compared are
- every block and output in F32 on two photos: relative RMS below 1e-5; the outputs of the two photos differ, and a
  permuted weight and a skipped block of the mask head are noticed;
- the outputs in BF16, where the processor multiplies it: no further from PyTorch's F32 than 1.1 times OpenVINO's BF16;
- `segment --json` on photos, from file to run lengths, with the same steps in PyTorch: the same boxes, and IoU of
  every mask above 0.99; those steps with Ultralytics' own functions for masks;
- the ONNX file, as Ultralytics exports it, with a safetensors file of the same weights;
- INT8 of a tiny model: it converts, runs, and gives masks.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import boxes_equal_onnxruntime
import common
import cv2
import numpy as np
import onnx
import openvino_outputs
import tensor_file
import torch
import torch.nn.functional as F
import ultralytics_model
import values
import yolo_reference
from blocks_equal_pytorch import (
    F32_LIMIT,
    as_near_as_openvino,
    computes_bf16,
    inputs,
    many_inputs,
    output_errors,
    uncompared_blocks,
)
from ultralytics.utils import ops

import goldens  # noqa: E402  of tools/

CONFIDENCE = 0.05
MIN_IOU = 0.99
MIN_MASKS = 1  # for each photo, on average: fewer would prove little
INT8_GAIN = 1.5  # of the tiny model's weights: with the goldens' 1.86 any rounding grows until all is changed
REFERENCE_SIZE = 128  # plain loops take their time
MIN_DIFFERENCE = 0.1  # between the outputs of two photos, relative RMS
CHANGES = (  # what a test must notice, in which output, and which it leaves alone
    (("--permute", "model.22.proto.upsample.weight"), "protos", "coefficients"),
    (("--skip", "model.22.proto.cv2"), "protos", "coefficients"),
    (("--permute", "model.22.cv4.1.0.conv.weight"), "coefficients", "protos"),
)
KINDS = ("Conv", "C2f", "Bottleneck", "SPPF", "Proto", "ConvTranspose2d")


def drawn(name, shape):
    """A weight of the mask head: uniform, scaled to keep the size of values about as it is."""
    fan_in = shape[0] if "upsample" in name else np.prod(shape[1:])
    amplitude = 1.8 * np.sqrt(3 / fan_in) if len(shape) > 1 else 0.1
    return ((2 * goldens.uniform(name, int(np.prod(shape))) - 1) * amplitude).astype(np.float32).reshape(shape)


def real_weights():
    """The demo detector's weights by name."""
    graph = onnx.load(str(common.demo_file("320n.onnx"))).graph
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    return {name: array for name, array in tensors.items() if name.startswith("model.")}


def build_model():
    """YOLOv8n-seg, and its weights by name."""
    weights = real_weights()
    model = ultralytics_model.build("yolov8n-seg.yaml", weights["model.22.cv3.0.2.weight"].shape[0], "segment")
    for name, tensor in model.state_dict().items():
        if name not in weights and not name.endswith("dfl.conv.weight"):
            weights[name] = drawn(name, tuple(tensor.shape))
    ultralytics_model.load(model, weights)
    return model, weights


def export_onnx(model, path, size, classes):
    """The file that Ultralytics' exporter writes: outputs output0 and output1, names, metadata."""
    head = model.model[-1]
    head.export, head.format = True, "onnx"
    try:
        image = torch.zeros(1, 3, size, size)
        torch.onnx.export(
            model, image, str(path), opset_version=12, input_names=["images"], output_names=["output0", "output1"]
        )
    finally:
        head.export = False
    exported = onnx.load(str(path))
    metadata = {"task": "segment", "imgsz": str([size, size]), "stride": "32", "names": str(classes)}
    for key, value in metadata.items():
        exported.metadata_props.add(key=key, value=value)
    onnx.save(exported, str(path))


def check_blocks(arguments, model, file, runtime):
    """Every block and output on two photos; on oneDNN also what must be noticed. True if all is well."""
    worst, outputs = {}, []
    size = arguments.size if runtime == "onednn" else REFERENCE_SIZE
    pictures = list(inputs(size).values())
    for images in pictures:
        expected = ultralytics_model.run(model, images)
        found = values.of_program(arguments.values, file, {"images": images}, "--runtime", runtime)
        for name in found.keys() & expected.keys() - {"output", "model.22"}:  # there with the coefficients in one
            worst[name] = max(values.relative_rms(found[name], expected[name]), worst.get(name, 0.0))
        for part, rows in (("boxes", slice(0, 4)), ("scores", slice(4, None))):
            error = values.relative_rms(found["output"][:, rows], expected["output"][:, rows])
            worst[part] = max(error, worst.get(part, 0.0))
        outputs.append(expected)
    missing = [name for name in uncompared_blocks(model, expected, worst, KINDS)]
    ends = ("boxes", "scores", "coefficients", "protos")
    bad = [name for name, value in worst.items() if not value < F32_LIMIT]
    print(f"{runtime} f32, size {size}: {len(worst)} values compared, worst {max(worst.values()):.2e}; "
          + ", ".join(f"{name} {worst[name]:.2e}" for name in ends)
          + f"; above {F32_LIMIT:g}: {bad}; not compared: {missing}")  # fmt: skip
    well = not bad and not missing
    for name in ("coefficients", "protos"):
        difference = values.relative_rms(outputs[0][name], outputs[1][name])
        well &= difference > MIN_DIFFERENCE
        print(f"  two photos differ in {name} by {difference:.2f}")
    for change, wrong, untouched in CHANGES if runtime == "onednn" else ():
        found = values.of_program(arguments.values, file, {"images": pictures[1]}, "--runtime", runtime, *change)
        errors = {name: values.relative_rms(found[name], expected[name]) for name in (wrong, untouched, "output")}
        noticed = errors[wrong] > 100 * F32_LIMIT and errors[untouched] < F32_LIMIT and errors["output"] < F32_LIMIT
        well &= noticed
        print(f"  {' '.join(change)}: {wrong} by {errors[wrong]:.2g}: {'noticed' if noticed else 'NOT NOTICED'}")
    return well


def check_bf16(arguments, model, file):
    """The four parts of the outputs in BF16, ours and OpenVINO's. True if ours is no worse."""
    if not computes_bf16():
        print("bf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
        return True
    pictures = many_inputs(arguments.size)
    expected = [ultralytics_model.run(model, images) for images in pictures]
    wanted = {name: np.concatenate([one[name] for one in expected]) for name in ("output", "coefficients", "protos")}
    options = ("--runtime", "onednn", "--precision", "bf16", "--output-only")
    found = [values.of_program(arguments.values, file, {"images": images}, *options) for images in pictures]
    ours = {name: np.stack([one[name] for one in found]).reshape(wanted[name].shape) for name in wanted}
    boxes_and_coefficients, protos = openvino_outputs.of(file, "bf16", pictures)
    count = wanted["output"].shape[1]
    theirs = {
        "output": boxes_and_coefficients[:, :count],
        "coefficients": boxes_and_coefficients[:, count:],
        "protos": protos,
    }

    def errors(parts):
        masks = {name: values.relative_rms(parts[name], wanted[name]) for name in ("coefficients", "protos")}
        return output_errors(parts["output"], wanted["output"]) | masks

    return as_near_as_openvino(errors(ours), errors(theirs), len(pictures))


def masks_of(protos, coefficients, boxes, size, height, width):
    """[n, height, width] bool: Ultralytics' process_mask with retina off, then scale_masks (facts, not code).

    The box's sides are rounded to prototype pixels and cut off at the edges.
    """
    side = protos.shape[-1]
    logits = torch.einsum("nk,khw->nhw", coefficients, protos)
    corners = (boxes * (side / size)).round().long().clamp(0, side)
    at = torch.arange(side)
    inside_x = (at >= corners[:, 0:1]) & (at < corners[:, 2:3])
    inside_y = (at >= corners[:, 1:2]) & (at < corners[:, 3:4])
    logits = logits * (inside_y[:, :, None] & inside_x[:, None, :])
    enlarged = F.interpolate(logits[None], (size, size), mode="bilinear", align_corners=False)[0] > 0
    scale = min(size / height, size / width)
    new_height, new_width = max(round(height * scale), 1), max(round(width * scale), 1)
    top, left = round((size - new_height) / 2 - 0.1), round((size - new_width) / 2 - 0.1)
    part = enlarged[None, :, top : top + new_height, left : left + new_width].float()
    return enlarged, F.interpolate(part, (height, width), mode="bilinear", align_corners=False)[0] > 0.5


def expected_segments(model, path, size):
    """Rows (x1, y1, x2, y2, confidence, class) in the photo, and their masks; how many were left without one.

    Also whether Ultralytics' own functions give the same masks of the input where they say anything: a box that
    leaves the input makes them count rows from the end.
    """
    image = yolo_reference.read_rgb(path)
    height, width = image.shape[:2]
    run = ultralytics_model.run(model, yolo_reference.letterbox(image, size))
    rows = yolo_reference.suppress(run["output"][0], CONFIDENCE)
    if not len(rows):
        return np.zeros((0, 6)), np.zeros((0, height, width), bool), 0, True
    output = run["output"][0]
    halves = output[2:4].T / 2
    corners = np.hstack([output[:2].T - halves, output[:2].T + halves])
    anchors = [int(np.flatnonzero((corners == row[:4]).all(1) & (output[4 + int(row[5])] == row[4]))[0]) for row in rows]
    protos = torch.from_numpy(run["protos"][0])
    coefficients = torch.from_numpy(run["coefficients"][0][:, anchors].T.copy())
    boxes = torch.from_numpy(rows[:, :4].astype(np.float32))
    of_input, of_photo = masks_of(protos, coefficients, boxes, size, height, width)
    kept = of_input.flatten(1).any(1).numpy()

    whole = ((boxes >= 0) & (boxes <= size)).all(1)
    theirs = ops.process_mask(protos, coefficients[whole][:49], boxes[whole][:49], (size, size), upsample=True)
    same = theirs.shape[0] == 0 or bool((theirs.bool() == of_input[whole][:49]).float().mean() > 0.9999)
    return yolo_reference.to_photo(rows[kept], size, height, width), of_photo.numpy()[kept], int((~kept).sum()), same


def decode(mask):
    """The pixels of COCO's uncompressed run lengths, column by column."""
    height, width = mask["size"]
    inside = np.arange(len(mask["counts"])) % 2 == 1
    pixels = np.repeat(inside, mask["counts"])
    if pixels.size != height * width:
        sys.exit(f"run lengths cover {pixels.size} pixels of {height}x{width}")
    return pixels.reshape(width, height).T


def segment(arguments, model, photos, *options):
    command = [arguments.program, "segment", *photos, "--model", model, "--runtime", "onednn", "--precision", "f32",
               "--confidence", CONFIDENCE, "--json", "--offline", *options]  # fmt: skip
    return common.run_json(command)["images"]


def rows_of(image):
    rows = [
        [d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in image["detections"]
    ]
    return np.array(rows, np.float64).reshape(-1, 6)


def check_masks(arguments, model, file, size, photos):
    """Boxes and masks of `segment` against PyTorch's. True if all is well."""
    ious, complaints, empty, alike = [], [], 0, True
    for photo, image in zip(photos, segment(arguments, file, photos, "--size", size)):
        rows, masks, without, same = expected_segments(model, photo, size)
        empty, alike = empty + without, alike and same
        found = rows_of(image)
        _, wrong = boxes_equal_onnxruntime.compare(rows, found)
        complaints += [f"{photo.name}: {line}" for line in wrong]
        for row, mask in zip(rows, masks):
            if not len(found):
                break
            best = int(np.argmax(yolo_reference.overlaps(row, found[:, :4]) - 2 * (found[:, 5] != row[5])))
            ours = decode(image["detections"][best]["mask"])
            if ours.shape != mask.shape:
                complaints.append(f"{photo.name}: a mask of {ours.shape}, not {mask.shape}")
                continue
            union = (ours | mask).sum()
            ious.append(1.0 if union == 0 else float((ours & mask).sum() / union))
    worst = min(ious, default=0)
    well = not complaints and worst > MIN_IOU and len(ious) >= MIN_MASKS * len(photos) and alike
    print(
        f"segment at {size}: {len(ious)} masks in {len(photos)} photos, worst IoU {worst:.5f}, "
        f"{sum(iou == 1 for iou in ious)} equal in every pixel; {empty} detections without a pixel left out; "
        f"Ultralytics' own functions agree: {alike}; {len(complaints)} complaints"
    )
    for line in complaints[:10]:
        print("  " + line)
    return well


def check_formats(arguments, file, tensors, photo):
    """ONNX and safetensors give the same answer. True if so."""
    answers = [segment(arguments, path, [photo], "--size", arguments.size)[0]["detections"] for path in (file, tensors)]
    # Labels stand in the ONNX file's metadata only.
    plain = [[{key: d[key] for key in ("class_id", "confidence", "box", "mask")} for d in a] for a in answers]
    same = plain[0] == plain[1] and len(plain[0]) > 0 and answers[0][0]["label"].startswith("thing ")
    print(f"onnx and safetensors: {len(plain[0])} detections, {'the same' if same else 'NOT THE SAME'}")
    return same


def check_int8(arguments, folder, photos):
    """A tiny model in INT8: it converts, and answers with masks near those of F32. True if so."""
    goldens.GAIN = INT8_GAIN
    tiny = goldens.model("segment")
    weights = {name: t.numpy() for name, t in tiny.state_dict().items() if not name.endswith("dfl.conv.weight")}
    tensor_file.write(folder / "tiny.safetensors", weights, {})
    home = ["--home", folder / "home", "--quiet", "--json"]
    convert = [arguments.program, "convert", folder / "tiny.safetensors", "--name", "tiny", "--size", 64, *home]
    common.run_json(convert)
    command = [arguments.program, "convert", "tiny", "--name", "tiny", "--precision", "int8"]
    for photo in photos[:2]:
        command += ["--calibrate", photo]
    common.run_json([*command, *home])
    manifest = json.loads((folder / "home/models/tiny/manifest.json").read_text())
    metrics = [entry["parity"]["metric"] for entry in manifest["formats"] if entry["precision"] == "INT8"]
    answers = [
        common.run_json([arguments.program, "segment", *photos[:3], "--model", "tiny", "--precision", precision,
                         "--confidence", 0.1, *home])["images"]
        for precision in ("f32", "int8")
    ]  # fmt: skip
    counts = [sum(len(image["detections"]) for image in answer) for answer in answers]
    masks = all("mask" in d for answer in answers for image in answer for d in image["detections"])
    gguf = folder / "home/models/tiny/gguf"
    images = yolo_reference.letterbox(yolo_reference.read_rgb(photos[-1]), 64)
    made = [
        values.of_program(arguments.values, gguf / kind / "model.gguf", {"images": images}, "--runtime", "onednn",
                          "--precision", kind.lower(), "--output-only")
        for kind in ("F32", "INT8")
    ]  # fmt: skip
    errors = {name: values.relative_rms(made[1][name], made[0][name]) for name in made[0]}
    well = masks and min(counts) > 0 and all(0 < error < 0.1 for error in errors.values())
    well &= metrics == ["answer_error"]
    print(
        f"int8 of a tiny model: {counts[1]} detections, f32 {counts[0]}; outputs differ by "
        + ", ".join(f"{name} {error:.4f}" for name, error in sorted(errors.items()))
    )
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--values", default=common.VALUES)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--runtimes", default="onednn,reference")
    arguments = parser.parse_args()
    model, weights = build_model()
    classes = {i: f"thing {i}" for i in range(weights["model.22.cv3.0.2.weight"].shape[0])}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, tensors = folder / "yolov8n-seg.onnx", folder / "yolov8n-seg.safetensors"
        export_onnx(model, file, arguments.size, classes)
        tensor_file.write(tensors, weights, {"format": "pt"})
        photos = common.fixture_photos() or boxes_equal_onnxruntime.crops_of(common.demo_file("astronaut.png"), folder)
        results = [check_blocks(arguments, model, file, runtime) for runtime in arguments.runtimes.split(",")]
        results.append(check_bf16(arguments, model, file))
        results.append(check_masks(arguments, model, file, arguments.size, photos))
        results.append(check_masks(arguments, model, file, 640, photos[:6]))
        results.append(check_formats(arguments, file, tensors, photos[0]))
        results.append(check_int8(arguments, folder, photos))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
