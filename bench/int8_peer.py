#!/usr/bin/env python3
"""Quantizes an ONNX model to INT8 as a peer's own tool does, with its defaults.

    int8_peer.py openvino|onnxruntime MODEL.onnx DATA.npz TO [transformer]

DATA: arrays of n inputs each, by the model's input names. openvino: NNCF's post-training quantization (for the Python
with nncf), with its preset for transformers where that word is given; TO is an .xml. onnxruntime: static quantization, QDQ, a scale for each channel of weights (for the Python
of the peers), TO is an .onnx.
"""

import logging
import sys
from pathlib import Path

import numpy as np


def samples_of(data):
    count = len(next(iter(data.values())))
    return [{name: np.ascontiguousarray(array[i : i + 1]) for name, array in data.items()} for i in range(count)]


def with_openvino(model, samples, target, is_transformer):
    import nncf
    import openvino

    nncf.set_log_level(logging.ERROR)
    core = openvino.Core()
    read = core.read_model(model)
    read.reshape({name: list(array.shape) for name, array in samples[0].items()})
    kind = nncf.ModelType.TRANSFORMER if is_transformer else None
    quantized = nncf.quantize(read, nncf.Dataset(samples), subset_size=len(samples), model_type=kind)
    openvino.save_model(quantized, target, compress_to_fp16=False)


def with_onnxruntime(model, samples, target, _):
    import onnx
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.left = iter(samples)

        def get_next(self):
            return next(self.left, None)

    fixed = Path(target).with_suffix(".fixed.onnx")
    graph = onnx.load(model)
    for given in graph.graph.input:
        if given.name in samples[0]:
            for dimension, size in zip(given.type.tensor_type.shape.dim, samples[0][given.name].shape):
                dimension.dim_value = size
    onnx.save(onnx.shape_inference.infer_shapes(graph), fixed)
    quantization.quantize_static(str(fixed), target, Reader(), per_channel=True)
    fixed.unlink()


def main():
    peer, model, data, target, *kind = sys.argv[1:]
    samples = samples_of(dict(np.load(data)))
    {"openvino": with_openvino, "onnxruntime": with_onnxruntime}[peer](model, samples, target, kind == ["transformer"])


if __name__ == "__main__":
    main()
