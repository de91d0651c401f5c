#!/usr/bin/env python3
"""Every block computes what Ultralytics' own PyTorch model computes, on real weights and real photos.

    blocks_equal_pytorch.py [--values PROGRAM] [--model FILE.onnx] [--size 320]
                            [--runtimes onednn,reference] [--self-test]

F32: the relative RMS error of each block is below 1e-5; of the output, boxes and scores apart. BF16, where
the processor computes it at full speed: over at least 20 pictures together, boxes and scores are no further
from PyTorch's F32 than 1.1 times OpenVINO's BF16 result is. `--self-test` shows that the comparison fails when
one weight is permuted and when one block is skipped.
"""

import argparse
import sys
from pathlib import Path

import common
import numpy as np
import onnx
import openvino_outputs
import ultralytics_model
import values
import yolo_reference

F32_LIMIT = 1e-5  # TARGETS: two orders of summation of a few hundred f32 products differ by about 1e-6
BF16_RATIO = 1.1  # against OpenVINO's error
PERMUTED = "model.4.m.0.cv1.conv.weight"
SKIPPED = "model.4.m.1"
# Each module of these kinds must have been compared; the rest (upsampling, joining) lies between them.
KINDS = ("Conv", "C2f", "Bottleneck", "SPPF", "Detect")


def real_photos():
    """Two photos that differ in subject and shape."""
    photos = common.fixture_photos()
    if len(photos) >= 2:
        return [photos[0], photos[-1]]
    return [common.demo_file("astronaut.png")]


def inputs(size):
    """{name: [1, 3, size, size]}, two of them; with the demo photo alone the second is a part of it."""
    images = {path.name: yolo_reference.read_rgb(path) for path in real_photos()}
    if len(images) == 1:
        name, image = next(iter(images.items()))
        images["part of " + name] = image[: image.shape[0] // 2, image.shape[1] // 4 :][:, ::-1].copy()
    return {name: yolo_reference.letterbox(image, size) for name, image in images.items()}


def many_inputs(size):
    """Parts of the demo's photo and all photos there are: one picture's error is mostly chance, and that of thirty still a tenth."""
    photos = [yolo_reference.letterbox(yolo_reference.read_rgb(path), size) for path in common.fixture_photos()]
    image = yolo_reference.read_rgb(common.demo_file("astronaut.png"))
    height, width = image.shape[0] // 2, image.shape[1] // 2
    return photos + [
        yolo_reference.letterbox(image[y : y + height, x : x + width][:, ::flip].copy(), size)
        for y in range(0, height, height // 3)
        for x in range(0, width, width // 3)
        for flip in (1, -1)
    ]


def program_values(arguments, images, runtime, precision, *change):
    """{value name: array} as the program computed them."""
    model = arguments.ours or arguments.model
    options = ("--runtime", runtime, "--precision", precision, *change)
    return values.of_program(arguments.values, model, {"images": images}, *options)


def output_errors(found, expected):
    """The errors of an output [1, 4+classes, anchors]: pixels and probabilities."""
    found = found.reshape(expected.shape)
    return {
        "output, boxes": values.relative_rms(found[:, :4], expected[:, :4]),
        "output, scores": values.relative_rms(found[:, 4:], expected[:, 4:]),
    }


def block_errors(found, expected):
    """The error of each block that both sides name, and of the output."""
    errors = {
        name: values.relative_rms(found[name], expected[name])
        for name in found
        if name in expected and name != "output"
    }
    errors.update(output_errors(found["output"], expected["output"]))
    return errors


def uncompared_blocks(model, expected, compared, kinds=KINDS):
    """Modules of these kinds that were not compared.

    The last convolution of a block often makes the block's own output: one value, called by the block's name.
    """

    def is_block_output(name):
        block = name.rpartition(".")[0]
        return block in compared and np.array_equal(expected[name], expected[block])

    names = [name for name, module in model.named_modules() if type(module).__name__ in kinds]
    return [name for name in names if name not in compared and not is_block_output(name)]


def check_f32(arguments, model, runtime):
    """Compares all blocks on both photos, worst error first. True if all is well."""
    worst = {}
    for images in inputs(arguments.size).values():
        expected = ultralytics_model.run(model, images)
        for name, value in block_errors(program_values(arguments, images, runtime, "f32"), expected).items():
            worst[name] = max(value, worst.get(name, 0.0))
    missing = uncompared_blocks(model, expected, worst)
    print(f"\n{runtime} f32, size {arguments.size}: relative RMS against PyTorch, worse of two photos")
    for name, value in sorted(worst.items(), key=lambda item: -item[1]):
        print(f"  {value:9.2e}  {name}{'' if value < F32_LIMIT else '   TOO MUCH'}")
    if missing:
        print(f"  not compared: {', '.join(missing)}")
    bad = sum(value >= F32_LIMIT for value in worst.values())
    print(f"{runtime} f32: {len(worst)} values compared, {bad} above {F32_LIMIT:g}, {len(missing)} missing")
    return not bad and not missing


def computes_bf16():
    """Whether the processor has BF16 instructions, and which."""
    flags = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").exists() else []
    return [flag for flag in ("avx512_bf16", "amx_bf16") if flag in flags]


def check_bf16(arguments, model):
    if not computes_bf16():
        print("\nbf16: not compared, this processor has neither avx512_bf16 nor amx_bf16")
        return True
    pictures = many_inputs(arguments.size)
    expected = np.concatenate([ultralytics_model.run(model, images)["output"] for images in pictures])
    ours = [program_values(arguments, images, "onednn", "bf16", "--output-only")["output"] for images in pictures]
    theirs = openvino_outputs.of(arguments.model, "bf16", pictures)[0]
    return as_near_as_openvino(output_errors(np.stack(ours), expected), output_errors(theirs, expected), len(pictures))


def as_near_as_openvino(our_errors, their_errors, count):
    """Whether no part of the output is further from PyTorch's in BF16 than OpenVINO's is."""
    well = True
    for part, value in our_errors.items():
        good = value <= BF16_RATIO * their_errors[part]
        well &= good
        print(
            f"bf16, {count} pictures: {part} {value:.2e}, OpenVINO {their_errors[part]:.2e}, "
            f"ratio {value / their_errors[part]:.2f}{'' if good else '   TOO MUCH'}"
        )
    return well


def self_test(arguments, model):
    """Whether the comparison fails where it must."""
    images = next(iter(inputs(arguments.size).values()))
    expected = ultralytics_model.run(model, images)
    well = True
    for runtime in arguments.runtimes.split(","):
        for change, first in (
            (("--permute", PERMUTED), PERMUTED.removesuffix(".conv.weight")),
            (("--skip", SKIPPED), SKIPPED),
        ):
            errors = block_errors(program_values(arguments, images, runtime, "f32", *change), expected)
            wrong = {name for name, value in errors.items() if value >= F32_LIMIT}
            noticed = "output, boxes" in wrong and "output, scores" in wrong and len(wrong) > 10
            before = [name for name in ("model.0", "model.1", "model.2") if name in wrong]
            well &= noticed and not before
            print(
                f"{runtime} {' '.join(change)}: {len(wrong)} of {len(errors)} values wrong, {first} by "
                f"{errors.get(first, float('nan')):.2g}, scores by {errors['output, scores']:.2g}: "
                f"{'noticed' if noticed and not before else 'NOT NOTICED'}"
            )
    return well


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", default=common.VALUES)
    parser.add_argument("--model", type=Path, help="ONNX file (default: the demo's)")
    parser.add_argument("--ours", type=Path, help="what the program runs, where it is not the ONNX file")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--runtimes", default="onednn,reference")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    arguments.model = arguments.model or common.demo_file("320n.onnx")

    weights = {
        t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(arguments.model)).graph.initializer
    }
    weights = {name: values for name, values in weights.items() if name.startswith("model.")}
    model = ultralytics_model.build("yolov8n.yaml", weights["model.22.cv3.0.2.weight"].shape[0])
    ultralytics_model.load(model, weights)
    if arguments.self_test:
        sys.exit(0 if self_test(arguments, model) else 1)
    results = [check_f32(arguments, model, runtime) for runtime in arguments.runtimes.split(",")]
    results.append(check_bf16(arguments, model))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
