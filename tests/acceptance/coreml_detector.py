#!/usr/bin/env python3
"""YOLOv8n as an object detector of Vision's, `convert --to coreml --nms`: a pipeline of a program and of a model that suppresses boxes.

    coreml_detector.py [--program PROGRAM] [--all-photos]

The pipeline is as Vision wants it: its features, their types, the labels, thresholds, names that fit each other. The program in it, by itself,
has no finding of the linter and computes, run by tests/coreml, the boxes (as parts of the picture) and scores that `detect` finds in
photos, when the numbers of the second model are applied to them. What has no boxes is refused.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import yolo_reference
from boxes_equal_onnxruntime import compare
from coreml_equals_original import complaints_of, converted, letterboxed, photos_of

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.interpreter import Interpreter  # noqa: E402

CONFIDENCE, IOU, SIZE = 0.3, 0.6, 320
MODEL = "Data/com.apple.CoreML/model.mlmodel"


def spec_of(package):
    from coremltools.proto import Model_pb2

    spec = Model_pb2.Model()
    spec.ParseFromString((package / MODEL).read_bytes())
    return spec


def alone(package, folder):
    """The program of a pipeline as a package of its own."""
    copy = Path(folder, "program.mlpackage")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(package, copy)
    (copy / MODEL).write_bytes(spec_of(package).pipeline.models[0].SerializeToString())
    return copy


def names(features):
    return [feature.name for feature in features]


def wrong_parts(spec, labels):
    """What is not as a detector's should be."""
    program, suppression = spec.pipeline.models
    nms, description = suppression.nonMaximumSuppression, spec.description
    rows = {feature.name: feature.type.multiArrayType for feature in description.output}
    facts = {
        "kinds of the models": (program.WhichOneof("Type"), suppression.WhichOneof("Type")) == ("mlProgram", "nonMaximumSuppression"),
        "names of the models": len(spec.pipeline.names) == 2,
        "version": spec.specificationVersion == program.specificationVersion == 7,
        "inputs": names(description.input) == ["image", "iouThreshold", "confidenceThreshold"],
        "an image": (description.input[0].type.imageType.width, description.input[0].type.imageType.height) == (SIZE, SIZE),
        "thresholds are numbers that may be left out": all(feature.type.isOptional and feature.type.WhichOneof("Type") == "doubleType" for feature in description.input[1:]),
        "outputs": names(description.output) == ["confidence", "coordinates"],
        "any number of boxes": all(array.shapeRange.sizeRanges[0].upperBound == -1 for array in rows.values()),
        "their widths": [array.shapeRange.sizeRanges[1].upperBound for array in rows.values()] == [len(labels), 4],
        "the program's outputs are the other's inputs": names(program.description.output) == names(suppression.description.input)[:2]
        == [nms.confidenceInputFeatureName, nms.coordinatesInputFeatureName],
        "and so are the thresholds": names(suppression.description.input)[2:] == names(description.input)[1:],
        "the other's outputs are the pipeline's": names(suppression.description.output) == names(description.output)
        == [nms.confidenceOutputFeatureName, nms.coordinatesOutputFeatureName],
        "names of the thresholds": [nms.iouThresholdInputFeatureName, nms.confidenceThresholdInputFeatureName] == names(description.input)[1:],
        "labels": list(nms.stringClassLabels.vector) == labels,
        "thresholds": (nms.iouThreshold, nms.confidenceThreshold) == (IOU, CONFIDENCE),
        "class by class": nms.pickTop.perClass,
        "metadata": description.metadata.userDefined["lp.task"] == "detect",
    }  # fmt: skip
    return [fact for fact, holds in facts.items() if not holds]


def output_of(found):
    """As YOLOv8 gives it: [4 + classes, boxes], in pixels."""
    return np.concatenate([found["raw_coordinates"].T * SIZE, found["raw_confidence"].T])


def check_boxes(arguments, model, package, photos):
    interpreter = Interpreter(package, "declared")
    command = [arguments.program, "detect", *photos, "--model", model, "--precision", "f32", "--confidence", CONFIDENCE, "--iou", IOU, "--json", "--offline"]
    count, good = 0, True
    for photo, image in zip(photos, common.run_json(command)["images"], strict=True):
        boxes = yolo_reference.suppress(output_of(interpreter.run({"image": letterboxed(photo)})[0]), CONFIDENCE, IOU)
        ours = yolo_reference.to_photo(boxes, SIZE, image["height"], image["width"])
        rows = [[d["box"][k] for k in ("x1", "y1", "x2", "y2")] + [d["confidence"], d["class_id"]] for d in image["detections"]]
        pairs, complaints = compare(np.array(rows, np.float64).reshape(-1, 6), ours)
        count += len(pairs)
        for complaint in complaints:
            print(f"{photo}: {complaint}")
            good = False
    print(f"{count} boxes in {len(photos)} photos as `detect` finds them")
    return good and count > 0


def refused(arguments, what, said, source, *options):
    import subprocess

    with tempfile.TemporaryDirectory() as home:
        command = [arguments.program, "convert", source, "--name", "model", "--to", "coreml", "--nms", "--home", home, "--offline", "--quiet", *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        error = done.stderr.strip()
        well = done.returncode == 2 and error.count("\n") == 0 and said in error and not list(Path(home).rglob("*.mlpackage"))
        print(f"{what}: {error}{'' if well else '   NOT GOOD'}")
        return well


def main():
    import encoder_models

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--all-photos", action="store_true")
    arguments = parser.parse_args()
    model, good = common.demo_file("320n.onnx"), True
    with tempfile.TemporaryDirectory() as folder:
        package = converted(arguments, model, folder, "float16", "--nms", "--confidence", CONFIDENCE, "--iou", IOU) / "model.mlpackage"
        labels = common.run_json([arguments.program, "show", "model", "--home", folder, "--json"])["labels"]
        program = alone(package, folder)
        for complaint in [*wrong_parts(spec_of(package), labels), *complaints_of(program)]:
            print(f"not as it should be: {complaint}")
            good = False
        good &= check_boxes(arguments, model, program, photos_of(arguments, Path(folder)))
    good &= refused(arguments, "no boxes", "--nms", encoder_models.minilm())
    good &= refused(arguments, "numbers in place of a picture", "--nms", model, "--input", "tensor")
    print("all good" if good else "NOT good")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
