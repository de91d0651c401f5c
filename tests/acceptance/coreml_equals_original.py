#!/usr/bin/env python3
"""Core ML packages compute what the models' own frameworks compute, read and run by tests/coreml, which shares no code with what writes them.

    coreml_equals_original.py [--program PROGRAM] [--all-photos] [--self-test] [MODEL...]

For YOLOv8n, DINOv2-small and MiniLM with their real weights, ViT-S/16, CLIP B/32 and DETR with drawn ones: `convert --to coreml` in float32 and
float16 gives packages in which the linter finds nothing and whose weight file coremltools reads alike; the same call gives the
same bytes. Relative RMS of each output against PyTorch or ONNX Runtime below 1e-5 of float32 packages, and below 5e-3 of float16
packages whose every result is rounded to its declared type; of YOLOv8n, boxes and scores apart, on pictures with something in them.
YOLOv8n end to end: the boxes that `detect` finds in photos (five, or with --all-photos all of LLAMA_PAJAMAS_FIXTURES) are those of the package. `--self-test`: the comparison fails when one
blob of the weights is negated.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import values

sys.path.insert(0, str(common.ROOT / "tests"))
import yolo_reference  # noqa: E402
from boxes_equal_onnxruntime import compare  # noqa: E402
from coreml import weight_checks  # noqa: E402
from coreml.interpreter import Interpreter  # noqa: E402
from coreml.linter import lint  # noqa: E402
from coreml.weight_file import WeightFile  # noqa: E402

LIMITS = {"float32": 1e-5, "float16": 5e-3}  # the issue's
ARITHMETIC = {"float32": "float32", "float16": "declared"}
CONFIDENCE = 0.2
IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"


class Original:
    """A model: what is converted, how, and its own outputs for inputs as our graph takes them, by package."""

    def __init__(self, name, source, options, packages, precisions=tuple(LIMITS)):
        self.name, self.source, self.options, self.packages, self.precisions = name, source, options, packages, precisions


def one_row(inputs):
    """The first of a batch, padded with what the second has in those places."""
    return {name: array[:1] for name, array in inputs.items()}


def encoders(names):
    """Those that are asked for; transformers is loaded for them alone."""
    if not set(names) & {"dinov2", "vit-s", "minilm", "clip", "detr"}:
        return
    import encoders_equal_transformers as encoders

    def packages(cases, shape):
        return {("model" if len(cases) == 1 else case.graph): [(shape(inputs), case.expected(shape(inputs))[1]) for inputs in case.inputs] for case in cases}

    if "dinov2" in names:
        case = encoders.dinov2_case(224)
        yield Original("dinov2", case.folder, ["--size", "224"], packages([case], dict))
    if "vit-s" in names:
        case = encoders.vit_case("vit-s", 384, 6)
        yield Original("vit-s", case.folder, [], packages([case], dict))
    if "minilm" in names:
        case = encoders.minilm_case()
        case.inputs = [{"tokens": ids, "length": length} for ids, length in encoders.texts(30522, 101, 102, 128)]
        yield Original("minilm", case.folder, [], packages([case], one_row))
    if "clip" in names:
        cases = encoders.clip_cases()
        yield Original("clip", cases[0].folder, [], packages(cases, one_row))
    if "detr" in names:
        case = encoders.detr_case()
        case.inputs = [{"images": picture} for picture in encoders.pictures(160)]
        # Its drawn attention is sharp, so that the logits of float16 are 5.1e-3 away: open.
        yield Original("detr", case.folder, ["--size", "160"], packages([case], dict), ["float32"])


def converted(arguments, source, home, precision, *options):
    """The folder of the packages."""
    command = [arguments.program, "convert", source, "--name", "model", "--to", "coreml", "--precision", precision, "--home", home]
    return Path(common.run_json([*command, "--license", "unknown", "--offline", "--json", *options])["path"])


def same_bytes(first, second):
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    return files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file()) and all(
        (first / file).read_bytes() == (second / file).read_bytes() for file in files
    )


def complaints_of(package):
    """What is wrong with a package's form."""
    path = package / WEIGHTS
    complaints = [*lint(package), weight_checks.compare(path)[1]]
    blobs, named = set(WeightFile(path).blobs), weight_checks.offsets_of(package)
    if blobs != named:
        complaints.append(f"{len(blobs - named)} blobs that the program does not name")
    return [complaint for complaint in complaints if complaint]


def negate_largest_blob(package):
    path = package / WEIGHTS
    blob = max(WeightFile(path).blobs.values(), key=lambda blob: blob.size_bytes)
    data = bytearray(path.read_bytes())
    numbers = np.frombuffer(data, blob.type.dtype.replace("f", "u"), blob.size_bytes // (blob.type.bits // 8), blob.data_offset)
    numbers ^= numbers.dtype.type(1 << (blob.type.bits - 1))
    path.write_bytes(data)


def outputs_alike(name, package, precision, pairs):
    """Whether a package's outputs are near enough to the original's; says how near they are."""
    interpreter = Interpreter(package, ARITHMETIC[precision])
    worst = {}
    for inputs, expected in pairs:
        found, _ = interpreter.run(inputs)
        if set(found) != set(expected):
            print(f"{name}: outputs {sorted(found)}, not {sorted(expected)}")
            return False
        for output, array in expected.items():
            worst[output] = max(values.relative_rms(found[output], array), worst.get(output, 0.0))
    text = ", ".join(f"{output} {value:.2g}" for output, value in worst.items())
    good = all(value < LIMITS[precision] for value in worst.values())
    print(f"{name} {precision}: {text}{'' if good else '   TOO MUCH'}")
    return good


def check(arguments, original):
    good = True
    for precision in original.precisions:
        with tempfile.TemporaryDirectory() as home:
            folder = converted(arguments, original.source, home, precision, "--input", "tensor", *original.options)
            for package, pairs in original.packages.items():
                path = folder / f"{package}.mlpackage"
                if arguments.self_test:
                    negate_largest_blob(path)
                for complaint in complaints_of(path):
                    print(f"{original.name} {package} {precision}: {complaint}")
                    good = False
                good &= outputs_alike(f"{original.name} {package}", path, precision, pairs)
            with tempfile.TemporaryDirectory() as other:
                again = converted(arguments, original.source, other, precision, "--input", "tensor", *original.options)
                if not arguments.self_test and not same_bytes(folder, again):
                    print(f"{original.name} {precision}: two packages of one model differ")
                    good = False
    return good


def photos_of(arguments, folder):
    """Three made of the portrait, each with a face; of LLAMA_PAJAMAS_FIXTURES two more, or all."""
    from PIL import Image

    portrait = Image.open(common.demo_file("astronaut.png")).convert("RGB")
    made = [folder / f"{number}.png" for number in range(3)]
    for path, image in zip(made, (portrait, portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT), portrait.crop((60, 0, 460, 280))), strict=True):
        image.save(path)
    return [*made, *common.fixture_photos()[: None if arguments.all_photos else 2]]


def letterboxed(photo):
    """[320, 320, 3] uint8."""
    return np.rint(yolo_reference.letterbox(yolo_reference.read_rgb(photo), 320)[0].transpose(1, 2, 0) * 255).astype(np.uint8)


def check_image(arguments):
    """DINOv2 given an image does with it what it does with the numbers that its own preparation makes of it."""
    import encoder_models

    from PIL import Image

    with tempfile.TemporaryDirectory() as home:
        image = np.asarray(Image.open(common.demo_file("astronaut.png")).convert("RGB").resize((224, 224)))
        folder = encoder_models.dinov2()
        package = converted(arguments, folder, home, "float32", "--size", "224") / "model.mlpackage"
        found = Interpreter(package).run({"image": image})[0]["embedding"]
        numbers = ((image / 255 - IMAGENET_MEAN) / IMAGENET_STD).transpose(2, 0, 1)[None].astype(np.float32)
        tensor = converted(arguments, folder, home, "float32", "--size", "224", "--input", "tensor") / "model.mlpackage"
        error = values.relative_rms(found, Interpreter(tensor).run({"images": numbers})[0]["embedding"])
    print(f"dinov2, an image: {error:.2g}")
    return error < LIMITS["float32"]


def check_yolo(arguments):
    """Boxes and scores of one picture as numbers; then boxes of photos end to end."""
    import onnxruntime

    model = common.demo_file("320n.onnx")
    session = onnxruntime.InferenceSession(str(model))
    good = True
    for precision in LIMITS:
        with tempfile.TemporaryDirectory() as home:
            photos = photos_of(arguments, Path(home))
            pictures = [letterboxed(photo) for photo in photos]
            package = converted(arguments, model, home, precision) / "model.mlpackage"
            if arguments.self_test:
                negate_largest_blob(package)
            for complaint in complaints_of(package):
                print(f"yolov8n {precision}: {complaint}")
                good = False
            interpreter = Interpreter(package, ARITHMETIC[precision])
            theirs, ours = [], []
            for picture in pictures:
                numbers = picture.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
                theirs.append(session.run(None, {session.get_inputs()[0].name: numbers})[0])
                ours.append(interpreter.run({"image": picture})[0]["output"])
            theirs, ours = np.concatenate(theirs), np.concatenate(ours)
            errors = {"boxes": values.relative_rms(ours[:, :4], theirs[:, :4]), "scores": values.relative_rms(ours[:, 4:], theirs[:, 4:])}
            near = all(error < LIMITS[precision] for error in errors.values())
            print(f"yolov8n {precision}: boxes {errors['boxes']:.2g}, scores {errors['scores']:.2g}{'' if near else '   TOO MUCH'}")
            good &= near and boxes_alike(arguments, model, photos, ours, precision)
    return good


def boxes_alike(arguments, model, photos, outputs, precision):
    """Whether `detect` on the processor finds in the photos what the package's outputs say."""
    command = [arguments.program, "detect", *photos, "--model", model, "--precision", "f32", "--confidence", CONFIDENCE, "--json", "--offline"]
    images = common.run_json(command)["images"]
    found, complaints = 0, []
    for photo, output, image in zip(photos, outputs, images, strict=True):
        ours = yolo_reference.to_photo(yolo_reference.suppress(output, CONFIDENCE), 320, image["height"], image["width"])
        rows = [[d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in image["detections"]]
        pairs, new = compare(np.array(rows, np.float64).reshape(-1, 6), ours)
        found += len(pairs)
        complaints += [f"{photo}: {complaint}" for complaint in new]
    for complaint in complaints:
        print(complaint)
    print(f"yolov8n {precision}: {found} boxes in {len(photos)} photos as on the processor")
    return found > 0 and not complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["yolov8n", "dinov2", "vit-s", "minilm", "clip", "detr"])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--all-photos", action="store_true")
    arguments = parser.parse_args()
    results = [check_yolo(arguments)] if "yolov8n" in arguments.models else []
    if "dinov2" in arguments.models and not arguments.self_test:
        results.append(check_image(arguments))
    results += [check(arguments, original) for original in encoders(arguments.models)]
    if not results:
        sys.exit(f"no model among {' '.join(arguments.models)}")
    if arguments.self_test:
        print("the comparison noticed it" if not any(results) else "the comparison did NOT notice")
        return 0 if not any(results) else 1
    print("all alike" if all(results) else "NOT alike")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
