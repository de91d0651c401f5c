#!/usr/bin/env python3
"""Core ML packages whose weights are kept in 8, 6 or 4 bits, and those that compute in 8 bits, run by tests/coreml.

    coreml_int8.py [--program PROGRAM] [--values PROGRAM] [MODEL...]     MODEL: yolov8n, minilm, dinov2

Real weights. A model converted to INT8 with calibration becomes a package that rounds what its layers read to the stored levels: relative RMS
against the original framework at most 1.2 times that of the same INT8 model on the processor. A model in floating numbers becomes
one with weights of int8, palette6 or palette4. float16 with every result rounded to its declared type, no finding of the linter, the
same bytes twice, the weight file as coremltools reads it; as large as its bits say. Of YOLOv8n boxes and scores apart.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import common
import int8_accuracy
import numpy as np
import tensor_file
import values
from coreml_equals_original import complaints_of, converted, letterboxed, photos_of, same_bytes

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.interpreter import Interpreter  # noqa: E402

MOST_TIMES = 1.2  # the error of the processor's INT8
# Weights in so many bits: their package's part of the float16 package's size, and the most that any of their errors may be, by model.
KEPT = {"int8": 0.56, "palette6": 0.44, "palette4": 0.33}
MOST = {
    "yolov8n": {"int8": 0.04, "palette6": 0.1, "palette4": 0.8},
    "minilm": {"int8": 0.06, "palette6": 0.16, "palette4": 0.65},
    "dinov2": {"int8": 0.04, "palette6": 0.12, "palette4": 0.95},
}


class Case:
    """`inputs`: for our graph and the package; `expected`: {name: array} of the original, in `parts` for comparison."""

    def __init__(self, name, source, data, inputs, expected, parts, options=()):
        self.name, self.source, self.data, self.inputs, self.expected, self.parts, self.options = name, source, data, inputs, expected, parts, options


def yolo_parts(found):
    return {"boxes": found["output"][:, :4], "scores": found["output"][:, 4:]}


def yolov8n(arguments, scratch):
    import onnxruntime

    model = common.demo_file("320n.onnx")
    session = onnxruntime.InferenceSession(str(model))
    views = int8_accuracy.write_views(photos_of(arguments, scratch), scratch / "views")
    pictures = [letterboxed(view).transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255) for view in views[::2]]  # an error of few is chance
    inputs = [{"images": picture} for picture in pictures]
    expected = [{"output": session.run(None, {session.get_inputs()[0].name: picture})[0]} for picture in pictures]
    return Case("yolov8n", model, scratch / "views", inputs, expected, yolo_parts, ["--input", "tensor"])


def minilm(arguments, scratch):
    import encoders_equal_transformers as encoders
    from int8_encoders import sentences

    case, data = encoders.minilm_case(), scratch / "sentences.txt"
    data.write_text("\n".join(sentences()[::2][:64]))
    inputs = [{"tokens": ids[:1], "length": length[:1]} for ids, length in encoders.texts(30522, 101, 102, 128)]
    return Case("minilm", case.folder, data, inputs, [case.expected(one)[1] for one in inputs], dict)


def dinov2(arguments, scratch):
    import encoders_equal_transformers as encoders

    case = encoders.dinov2_case(224)
    photos_of(arguments, scratch)
    inputs = [{name: array[:1] for name, array in one.items()} for one in case.inputs]
    return Case("dinov2", case.folder, scratch, inputs, [case.expected(one)[1] for one in inputs], dict, ["--size", "224", "--input", "tensor"])


def errors_of(case, outputs):
    """{part: relative RMS over all inputs}"""
    found, expected = ({part: np.concatenate([case.parts(one)[part] for one in many]) for part in case.parts(many[0])} for many in (outputs, case.expected))
    return {part: values.relative_rms(found[part], array) for part, array in expected.items()}


def on_processor(arguments, case, model, scratch):
    outputs = []
    for inputs in case.inputs:
        command = [arguments.values, model, "--runtime", "onednn", "--precision", "int8", "--output-only", "--output", scratch / "values.safetensors"]
        for name, array in inputs.items():
            np.save(scratch / f"{name}.npy", array)
            command += ["--input", f"{name}={scratch / name}.npy"]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        found = tensor_file.read(scratch / "values.safetensors")[0]
        outputs.append({name: found[name] for name in case.expected[0]})
    return errors_of(case, outputs)


def package_of(arguments, case, source, precision, options):
    """Its errors, bytes, and what is wrong with its form."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as other:
        folder = converted(arguments, source, home, precision, *options)
        complaints = complaints_of(folder / "model.mlpackage")
        if not same_bytes(folder, converted(arguments, source, other, precision, *options)):
            complaints.append("two packages of one model differ")
        interpreter = Interpreter(folder / "model.mlpackage", "declared")
        errors = errors_of(case, [interpreter.run(inputs)[0] for inputs in case.inputs])
        return errors, sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()), complaints


def wrong_counts(arguments, case, model):
    """Of an INT8 model's package: a constant in 8 bits for each tensor that has scales, their numbers the stored ones; levels; iOS 17."""
    from coremltools.proto import Model_pb2

    stored = model.read_bytes().count(b"#scale")  # names of tensors beside those that have scales
    with tempfile.TemporaryDirectory() as home:
        package = converted(arguments, model, home, "int8", *case.options) / "model.mlpackage"
        spec = Model_pb2.Model()
        spec.ParseFromString((package / "Data/com.apple.CoreML/model.mlmodel").read_bytes())
    (block,) = spec.mlProgram.functions["main"].block_specializations.values()
    types = [operation.type for operation in block.operations]
    kept, levels = types.count("constexpr_affine_dequantize"), types.count("quantize")
    wrong = []
    if spec.specificationVersion != 8:
        wrong.append(f"specification {spec.specificationVersion}, not 8")
    if not 0.7 * stored <= kept <= stored:  # small ones are whole
        wrong.append(f"{kept} weights in 8 bits, of {stored}")
    if levels < 10 or types.count("dequantize") != levels:
        wrong.append(f"{levels} times levels")
    return wrong


def text(errors):
    return ", ".join(f"{part} {error:.2g}" for part, error in errors.items())


def check(arguments, case, scratch):
    good = True

    def judge(what, errors, most, complaints, note=""):
        nonlocal good
        well = not complaints and all(errors[part] <= most[part] for part in errors)
        good &= well
        print(f"{case.name} {what}: {text(errors)}{note}{'' if well else '   NOT GOOD'}")
        for complaint in complaints:
            print(f"  {complaint}")

    common.run_json([arguments.program, "convert", case.source, "--name", "bytes", "--precision", "int8", "--calibrate", case.data, "--home", scratch / "home", "--license", "unknown", "--quiet", "--offline", "--json"])  # fmt: skip
    model = next((scratch / "home").rglob("model.gguf"))
    processor = on_processor(arguments, case, model, scratch)
    print(f"{case.name} INT8 on the processor: {text(processor)}")
    errors, bytes_of_int8, complaints = package_of(arguments, case, model, "int8", case.options)
    complaints += wrong_counts(arguments, case, model)
    judge("INT8 as calibrated", errors, {part: MOST_TIMES * error for part, error in processor.items()}, complaints)
    whole, size, complaints = package_of(arguments, case, case.source, "float16", case.options)
    if bytes_of_int8 > 0.9 * size:
        complaints.append("INT8 as calibrated is as large as float16")
    judge("float16", whole, dict.fromkeys(whole, 5e-3), complaints)
    for precision, part in KEPT.items():
        errors, own, complaints = package_of(arguments, case, case.source, precision, case.options)
        if own > part * size:
            complaints.append(f"its size is {own / size:.2f} of the float16 package's, more than {part}")
        judge(f"weights of {precision}", errors, dict.fromkeys(errors, MOST[case.name][precision]), complaints, f", {own / size:.2f} of float16's size")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["yolov8n", "minilm", "dinov2"])
    parser.add_argument("--program", default=common.PROGRAM)
    parser.add_argument("--values", default=common.ROOT / "build/release/bin/lp-values")
    arguments = parser.parse_args()
    arguments.all_photos, good = False, True
    for name in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            good &= check(arguments, {"yolov8n": yolov8n, "minilm": minilm, "dinov2": dinov2}[name](arguments, scratch), scratch)
    print("all good" if good else "NOT good")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
