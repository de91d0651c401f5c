"""OpenVINO's INT8 of an ONNX model: quantized by NNCF, then run. For the Python that has both.

nncf_peer.py MODEL.onnx CALIBRATION.npy INPUTS.npy OUTPUTS.npy     arrays [n, ...]: inputs of n runs, batch 1 each

OUTPUTS is [2, n, ...]: NNCF's defaults, and its way for processors that add products of 8-bit numbers in 16 bits (weights of 7
bits, OverflowFix.ENABLE).
"""

import logging
import sys

import nncf
import numpy as np
import openvino
from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, OverflowFix


def run(path, data, runs, overflow_fix):
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape([1, *data.shape[1:]])
    quantized = nncf.quantize(
        model,
        nncf.Dataset([each[None] for each in data]),
        subset_size=len(data),
        advanced_parameters=AdvancedQuantizationParameters(overflow_fix=overflow_fix),
    )
    compiled = core.compile_model(quantized, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.concatenate([next(iter(compiled(each[None]).values())) for each in runs])


def main():
    path, calibration, inputs, outputs = sys.argv[1:]
    nncf.set_log_level(logging.ERROR)
    data, runs = np.load(calibration), np.load(inputs)
    fixes = (AdvancedQuantizationParameters().overflow_fix, OverflowFix.ENABLE)
    np.save(outputs, np.stack([run(path, data, runs, fix) for fix in fixes]))


if __name__ == "__main__":
    main()
