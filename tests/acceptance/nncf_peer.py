"""OpenVINO's INT8 of an ONNX model: quantized by NNCF with its defaults, then run. For the Python that has both.

nncf_peer.py MODEL.onnx CALIBRATION.npy INPUTS.npy OUTPUTS.npy     arrays [n, ...]: inputs of n runs, batch 1 each
"""

import logging
import sys

import nncf
import numpy as np
import openvino


def main():
    model_path, calibration, inputs, outputs = sys.argv[1:]
    nncf.set_log_level(logging.ERROR)
    core = openvino.Core()
    model = core.read_model(model_path)
    data, runs = np.load(calibration), np.load(inputs)
    model.reshape([1, *data.shape[1:]])
    quantized = nncf.quantize(model, nncf.Dataset([each[None] for each in data]), subset_size=len(data))
    compiled = core.compile_model(quantized, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    np.save(outputs, np.concatenate([next(iter(compiled(each[None]).values())) for each in runs]))


if __name__ == "__main__":
    main()
