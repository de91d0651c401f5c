#!/usr/bin/env python3
"""Our Core ML packages have no more operations and bytes than coremltools' own of the same PyTorch models; transformers have fewer moves of layout.

    coreml_sizes.py [--program PROGRAM] [MODEL...]      MODEL: yolov8n, vit-s, whisper

YOLOv8n, ViT-S/16 and the encoder of Whisper tiny.en in float16 for iOS 16, by coremltools 9.0 from a trace. Constants are not counted;
moves are transpose, reshape, expand_dims and squeeze. What our encoder of Whisper does besides is left out: the
spectrogram, and the keys and values for the decoder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import common
import numpy as np
import speech_models
import torch
from coreml_equals_original import converted

sys.path.insert(0, str(common.ROOT / "tests"))
from coreml.package import coremltools, model_path, proto, quietly  # noqa: E402
from coreml.weight_file import WeightFile  # noqa: E402

# The spectrogram and what the decoder's layers listen to, by what the graph calls their values.
OURS_ALONE = ("mel", "samples", "model_decoder", "cross_")
LEFT_OUT = 29
MOVES = ("transpose", "reshape", "expand_dims", "squeeze")


class Plain(torch.nn.Module):
    """A model of transformers with tensors in and out."""

    def __init__(self, model, take):
        super().__init__()
        self.model, self.take = model, take

    def forward(self, x):
        return self.take(self.model(x))


def yolov8n():
    import ultralytics_model

    model = ultralytics_model.build("yolov8n.yaml", 18)  # weights as drawn: numbers do not count here
    return common.demo_file("320n.onnx"), "model", Plain(model, lambda outputs: outputs[0]), (1, 3, 320, 320)


def vit_s():
    import encoders_equal_transformers as encoders

    case = encoders.vit_case("vit-s", 384, 6)
    return case.folder, "model", Plain(case.model, lambda outputs: outputs.logits), (1, 3, 224, 224)


def whisper():
    import transformers

    folder = speech_models.whisper("tiny.en")
    model = transformers.WhisperModel.from_pretrained(folder, torch_dtype=torch.float32, attn_implementation="eager").encoder
    return folder, "encoder", Plain(model, lambda outputs: outputs.last_hidden_state), (1, 80, 3000)


MODELS = {"yolov8n": yolov8n, "vit-s": vit_s, "whisper": whisper}


def theirs(model, shape, folder):
    example = torch.rand(shape)
    with torch.no_grad(), quietly():
        traced = torch.jit.trace(model.eval(), example, check_trace=False)
        package = coremltools.convert(
            traced, inputs=[coremltools.TensorType(name="x", shape=shape, dtype=np.float32)], convert_to="mlprogram",
            minimum_deployment_target=coremltools.target.iOS16, compute_precision=coremltools.precision.FLOAT16, skip_model_load=True,
        )  # fmt: skip
        package.save(folder / "theirs.mlpackage")
    return folder / "theirs.mlpackage"


def measures(package):
    """(operations, moves, MB of the program and these operations' weights) of what the original does as well."""
    spec = proto.Model_pb2.Model.FromString(model_path(package).read_bytes())
    function = spec.mlProgram.functions["main"]
    operations = function.block_specializations[function.opset].operations
    stored = {op.outputs[0].name: op.attributes["val"].blobFileValue.offset for op in operations if op.type == "const" and op.attributes["val"].WhichOneof("value") == "blobFileValue"}
    counted = [op for op in operations if op.type != "const" and not (op.outputs and op.outputs[0].name.startswith(OURS_ALONE))]
    read = {binding.name for op in counted for argument in op.inputs.values() for binding in argument.arguments}
    blobs = WeightFile(package / "Data/com.apple.CoreML/weights/weight.bin").blobs
    size = sum(blobs[offset].size_bytes for offset in {stored[name] for name in read & set(stored)})
    size += sum(op.ByteSize() for op in counted) + sum(op.ByteSize() for op in operations if op.type == "const" and op.outputs[0].name in read)
    others = sum(op.type != "const" for op in operations) - len(counted)
    assert others in (0, LEFT_OUT), f"{others} operations left out, not those that are meant"
    return len(counted), sum(op.type in MOVES for op in counted), size / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--program", default=common.PROGRAM)
    arguments = parser.parse_args()
    good = True
    print(f"{'':10}{'operations':>24}{'moves':>16}{'MB':>18}\n{'':10}{'ours  coremltools':>24}")
    for name in arguments.models:
        source, package, model, shape = MODELS[name]()
        with tempfile.TemporaryDirectory() as folder:
            ours = measures(converted(arguments, source, folder, "float16", "--input", "tensor") / f"{package}.mlpackage")
            others = measures(theirs(model, shape, Path(folder)))
        better = ours[0] <= others[0] and ours[2] <= others[2] and (ours[1] < others[1] or name == "yolov8n")
        good &= better
        print(f"{name:10}{ours[0]:12}{others[0]:12}{ours[1]:8}{others[1]:8}{ours[2]:9.2f}{others[2]:9.2f}{'' if better else '   WORSE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
