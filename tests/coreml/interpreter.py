"""Runs the ML Program of an .mlpackage, operation by operation, on a machine without Core ML.

coremltools reads the package and builds its operations anew, which checks the names and types of operands and the declared types of
outputs; then PyTorch and NumPy compute, and the shape of every value is compared with the declared one.

Two arithmetics:
    float32    floats are float32 throughout, whatever is declared: for a close comparison with a float32 reference.
    declared   every result is rounded to its declared type: shows what float16 does to the answer. Within an operation it is float32.

What it cannot say: whether Core ML compiles the program, and the bits that Apple's processor, GPU and Neural Engine compute, whose
sums have another order and width. Not run: control flow, recurrent layers, lists, random numbers, classifiers.
"""

import math

import numpy as np
import torch

from .features import inputs_of, tensor_of
from .kernels import KERNELS
from .package import load, types, working_copy
from .values import DTYPES, MilError, from_numpy

PRECISIONS = ("float32", "declared")
OWN = {"const", "read_state", "coreml_update_state"}  # coremltools shows write_state and the read after it as the last


class Interpreter:
    """One package, to be run any number of times; it does not need the package's files after it was made.

    `trace`, if given, is called with (operation, var, value) of each result.
    @raises MilError if the package cannot be read or has operations without a kernel.
    """

    def __init__(self, path, precision="float32", trace=None):
        if precision not in PRECISIONS:
            raise ValueError(f"unknown precision {precision!r}")
        self.precision, self.trace = precision, trace
        with working_copy(path) as copy:
            try:
                self.spec, self.program = load(copy)
            except Exception as error:  # of many types; all of them say that this package is wrong
                raise MilError(f"{path}: coremltools cannot read it: {type(error).__name__}: {error}") from error
        used = {op.op_type for function in self.program.functions.values() for op in function.operations}
        missing = sorted(used - set(KERNELS) - OWN)
        if missing:
            raise MilError(f"{path}: no kernels for {', '.join(missing)}")
        self.constants = {}

    def run(self, inputs, states=None, function=None):
        """(outputs, states after the run), NumPy arrays by name. Inputs are as in features.py, or what the program sees.

        A state starts as zeros or as `states` has it. Without a name the package's default function runs.
        """
        function = function or self.spec.description.defaultFunctionName or "main"
        if function not in self.program.functions:
            raise MilError(f"no function {function!r}, only {', '.join(self.program.functions)}")
        body = self.program.functions[function]
        values, state = self.arguments(function, inputs, states or {})
        left = {}  # how many operations are still to use a value
        for op in body.operations:
            for var in operands(op):
                left[var] = left.get(var, 0) + 1
        keep = set(body.outputs)
        for op in body.operations:
            if op.op_type == "const":
                continue
            for var, value in zip(op.outputs, self.results(op, values, state)):
                values[var] = value
                if self.trace:
                    self.trace(op, var, value)
            for var in operands(op):
                left[var] -= 1
                if not left[var] and var not in keep:
                    values.pop(var, None)
        outputs = {var.name: self.value_of(var, values).numpy() for var in body.outputs}
        return outputs, {name: value.numpy() for name, value in state.items()}

    def arguments(self, function, inputs, states):
        """(the values of a function's inputs, its states)."""
        described = inputs_of(self.spec, function)
        values, state = {}, {}
        for name, var in self.program.functions[function].inputs.items():
            if types.is_state(var.sym_type):
                wrapped = var.sym_type.wrapped_type()
                start = np.asarray(states[name], np.float32) if name in states else np.zeros(wrapped.get_shape(), np.float32)
                if start.shape != tuple(wrapped.get_shape()):
                    raise MilError(f"state {name!r} has shape {start.shape}, declared is {tuple(wrapped.get_shape())}")
                state[name] = self.rounded(torch.from_numpy(start.copy()), wrapped.get_primitive())
                continue
            if name not in inputs:
                raise MilError(f"input {name!r} is missing")
            array = tensor_of(described[name], inputs[name]) if name in described else inputs[name]
            value = self.rounded(from_numpy(array), var.dtype)
            check("input", var, value)
            values[var] = value
        return values, state

    def results(self, op, values, state):
        """The results of one operation, of the declared shapes and types."""
        if op.op_type == "read_state":
            return [state[op.inputs["input"].name].clone()]
        if op.op_type == "coreml_update_state":
            value = self.rounded(self.value_of(op.inputs["value"], values), op.outputs[0].dtype)
            state[op.inputs["state"].name] = value.clone()
            return [value]
        arguments = {}
        for name, var in op.inputs.items():
            if var is None or name.startswith("_"):
                continue
            listed = isinstance(var, (list, tuple))
            arguments[name] = [self.value_of(v, values) for v in var] if listed else self.value_of(var, values)
        try:
            with torch.no_grad():
                found = KERNELS[op.op_type](**arguments)
        except Exception as error:
            raise MilError(f"{op.op_type} {op.outputs[0].name!r}: {error}") from error
        found = list(found) if isinstance(found, tuple) else [found]
        if len(found) != len(op.outputs):
            raise MilError(f"{op.op_type} {op.outputs[0].name!r}: {len(found)} results for {len(op.outputs)} outputs")
        for var, value in zip(op.outputs, found):
            check(op.op_type, var, value)
        return [self.rounded(value, var.dtype) for var, value in zip(op.outputs, found)]

    def value_of(self, var, values):
        if var in values:
            return values[var]
        if var.op is None or var.op.op_type != "const":
            raise MilError(f"value {var.name!r} is used before it is computed")
        if var not in self.constants:
            value = var.val
            self.constants[var] = value if isinstance(value, str) else self.rounded(from_numpy(value), var.dtype)
        return self.constants[var]

    def rounded(self, tensor, dtype):
        """A value as it is held for a declared type."""
        name = types.builtin_to_string(dtype)
        if name not in ("fp16", "fp32"):
            return tensor.to(DTYPES[name])
        tensor = tensor.to(torch.float32)
        if name == "fp16" and self.precision == "declared":
            tensor = tensor.to(torch.float16).to(torch.float32)
        return tensor


def operands(op):
    for value in op.inputs.values():
        if isinstance(value, (list, tuple)):
            yield from value
        elif value is not None:
            yield value


def check(what, var, value):
    """@raises MilError where a value is not of the declared shape; sizes that are declared as unknown may be any."""
    declared = tuple(var.shape) if types.is_tensor(var.sym_type) else ()
    actual = tuple(value.shape)
    if declared == () and math.prod(actual) == 1:
        return
    known = len(declared) == len(actual) and all(
        not isinstance(d, (int, np.integer)) or d == a for d, a in zip(declared, actual)
    )
    if not known:
        raise MilError(f"{what} {var.name!r}: declared {declared}, computed {actual}")
