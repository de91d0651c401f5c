#!/usr/bin/env python3
"""One peer as a process of its own: OpenVINO or ONNX Runtime on an ONNX file.

    peer.py openvino|onnxruntime MODEL.onnx [--precision f32|bf16|int8] [--size 640] [--tokens 128]
            [--shape 1,192,200] [--threads 1]

Prints `ready imports_kb=N`, N: resident memory after the imports, when the first result is there; then, for
each line N on standard input, runs N calls and prints N times in milliseconds on one line; 0 or the end of
input ends it. `llama-pajamas bench MODEL --serve` answers in the same way. Two inputs alternate, so that no
result can be an old one; a call goes from the caller's buffers (f32 NCHW pictures of --size, f32 numbers of
--shape, or --tokens whole numbers `input_ids` and their `attention_mask`) to the caller's f32 buffer of the first output.
"""

import argparse
import sys
import time


def resident_kb():
    """Resident memory of this process now, or 0 where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    except OSError:
        return 0


def inputs_of(np, arguments, names):
    """Two inputs for a model whose inputs have these names: {name: array} each."""
    random = np.random.default_rng(1)

    def value(name):
        if name == "attention_mask":
            return np.ones((1, arguments.tokens), np.int64)
        if name == "input_ids":
            return random.integers(1, 100, (1, arguments.tokens))
        if arguments.shape:
            return random.standard_normal([int(size) for size in arguments.shape.split(",")], np.float32)
        return random.random((1, 3, arguments.size, arguments.size), np.float32)

    return [{name: value(name) for name in names} for _ in range(2)]


def openvino_call(np, arguments):
    """A function that runs input i into a buffer, and the buffers."""
    import openvino

    model = openvino.Core().read_model(arguments.model)
    names = [given.any_name for given in model.inputs]
    inputs = inputs_of(np, arguments, names)
    model.reshape({name: list(array.shape) for name, array in inputs[0].items()})
    properties = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": arguments.threads,
        # An INT8 model says itself what is computed in INT8; this is for all else.
        "INFERENCE_PRECISION_HINT": arguments.rest if arguments.precision == "int8" else arguments.precision,
    }
    compiled = openvino.Core().compile_model(model, "CPU", properties)
    request = compiled.create_infer_request()
    tensors = [
        {name: openvino.Tensor(array, shared_memory=True) for name, array in one.items()} for one in inputs
    ]
    outputs = [np.zeros(list(compiled.outputs[0].shape), np.float32) for _ in inputs]
    into = [openvino.Tensor(y, shared_memory=True) for y in outputs]
    made = compiled.outputs[0]

    def call(i):
        for name, tensor in tensors[i].items():
            request.set_tensor(name, tensor)
        request.set_tensor(made, into[i])
        request.infer()

    return call, outputs


def onnxruntime_call(np, arguments):
    """The same for ONNX Runtime, its inputs and outputs bound to our buffers."""
    import onnxruntime

    if arguments.precision == "bf16":
        sys.exit("ONNX Runtime's CPU provider has no bf16 for these models")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = arguments.threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    sizes = {"batch": 1, "height": arguments.size, "width": arguments.size, "tokens": arguments.tokens}
    for dimension, value in sizes.items():
        options.add_free_dimension_override_by_name(dimension, value)
    session = onnxruntime.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
    inputs = inputs_of(np, arguments, [given.name for given in session.get_inputs()])
    made = session.get_outputs()[0].name
    shape = session.run([made], inputs[0])[0].shape
    outputs, bindings = [np.zeros(shape, np.float32) for _ in inputs], []
    for one, y in zip(inputs, outputs):
        binding = session.io_binding()
        for name, array in one.items():
            binding.bind_input(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        binding.bind_output(made, "cpu", 0, np.float32, y.shape, y.ctypes.data)
        bindings.append(binding)
    return lambda i, inputs=inputs: session.run_with_iobinding(bindings[i]), outputs


PEERS = {"openvino": openvino_call, "onnxruntime": onnxruntime_call}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("model")
    parser.add_argument("--precision", choices=("f32", "bf16", "int8"), default="f32")
    parser.add_argument("--rest", choices=("f32", "bf16"), default="f32", help="of an INT8 model: what is not in INT8")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--shape", help="of the input, for models that take no pictures")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    import numpy as np

    __import__(arguments.peer)
    imports_kb = resident_kb()
    call, outputs = PEERS[arguments.peer](np, arguments)
    for i in range(len(outputs)):
        call(i)
    expected = [y.copy() for y in outputs]
    if np.array_equal(*expected):
        sys.exit("both inputs give the same output: nothing could be told from it")
    print(f"ready imports_kb={imports_kb}", flush=True)
    serve(np, call, outputs, expected)


def serve(np, call, outputs, expected):
    turn = 0
    for line in sys.stdin:
        count = int(line)
        if count <= 0:
            break
        times = []
        for _ in range(count):
            turn ^= 1
            outputs[turn][...] = 0
            begin = time.perf_counter()
            call(turn)
            times.append((time.perf_counter() - begin) * 1000)
            # A result that is not this input's own would make every time worthless.
            if not np.allclose(outputs[turn], expected[turn], rtol=1e-2, atol=1e-2):
                sys.exit("a timed call gave another output than the same call before")
        print(" ".join(f"{value:.4f}" for value in times), flush=True)


if __name__ == "__main__":
    main()
