"""Every kernel against the cases, through packages: built by coremltools, written, read and run."""

import copy
from pathlib import Path

import numpy as np

from .cases import FAMILIES
from .interpreter import Interpreter
from .kernels import KERNELS
from .linter import lint
from .making_packages import function_of, mb, program_of, save
from .package import quietly, types
from .values import MilError

OPSETS = (15, 16, 17, 18)
LIMIT = 1e-5  # of the largest number: float32 sums of some hundred products
ONLY_WEIGHTS = "constexpr_"


def all_cases():
    """(family, opset, its cases) of each package: a case comes in the first and the last opset that it is for, and in those of 15, 17
    and 18 between, where operations got new versions."""
    for family, cases in FAMILIES.items():
        for opset in OPSETS:
            chosen = [c for c in cases if c.opsets[0] <= opset <= c.opsets[1] and (opset != 16 or 16 in c.opsets)]
            if chosen:
                yield family, opset, chosen


def listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def difference(got, want):
    """What is wrong with an array, or ""."""
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return f"shape {got.shape}, not {want.shape}"
    if want.dtype.kind == "f":
        error = np.abs(got - want).max() / max(1.0, np.abs(want).max()) if want.size else 0.0
        return "" if error <= LIMIT else f"differs by {error:.2g} of the largest number"
    wrong = int((got != want).sum())
    return f"{wrong} of {want.size} numbers differ" if wrong else ""


class Package:
    """The cases of one family and opset, as one program: outputs rI_J is the J-th output of the I-th case."""

    def __init__(self, family, opset, cases, folder):
        self.family, self.opset, self.cases = family, opset, cases
        self.arrays = {}
        for i, case in enumerate(cases):
            for name, value in case.inputs.items():
                for j, array in enumerate(listed(value)):
                    self.arrays[f"x{i}_{name}_{j}"] = np.asarray(array)
        self.arrays["zeros"] = np.zeros((4, 6), np.float32)
        inputs = {name: spec_of(array) for name, array in self.arrays.items()}
        self.path = save(program_of(main=function_of(self.body, inputs, opset)), folder / f"{family}_{opset}.mlpackage", opset)
        self.interpreter = Interpreter(self.path)

    def body(self, **variables):
        outputs = []
        for i, case in enumerate(self.cases):
            operands = {}
            for name, value in case.inputs.items():
                found = [self.operand(variables[f"x{i}_{name}_{j}"], np.asarray(a)) for j, a in enumerate(listed(value))]
                operands[name] = found if isinstance(value, list) else found[0]
            results = listed(getattr(mb, case.op)(**operands, **case.constants))
            if case.op.startswith(ONLY_WEIGHTS):
                if len(results) == 2:  # sparse ones: a mask, and what it keeps
                    results = [mb.constexpr_sparse_to_dense(mask=results[0], nonzero_data=results[1])]
                results = [mb.add(x=variables["zeros"], y=results[0])]
            outputs += [self.output(result, f"r{i}_{j}") for j, result in enumerate(results)]
        outputs.append(mb.identity(x=variables["zeros"], name="unused"))
        return outputs

    @staticmethod
    def operand(variable, array):
        """Programs take float32 and int32, of one dimension at least."""
        if array.ndim == 0:
            variable = mb.squeeze(x=variable, axes=[0])
        if array.dtype not in (np.float32, np.int32):
            variable = mb.cast(x=variable, dtype=str(array.dtype))
        return variable

    @staticmethod
    def output(variable, name):
        if variable.dtype in (types.fp32, types.int32):
            return mb.identity(x=variable, name=name)
        return mb.cast(x=variable, dtype="fp32" if variable.dtype == types.fp16 else "int32", name=name)

    def compare(self):
        """[(case, what is wrong with it, or "")]"""
        outputs, _ = self.interpreter.run({name: host(array) for name, array in self.arrays.items()})
        found = []
        for i, case in enumerate(self.cases):
            wanted = listed(case.expected)
            wrong = [difference(outputs[f"r{i}_{j}"], host(want, False)) for j, want in enumerate(wanted)]
            if f"r{i}_{len(wanted)}" in outputs:
                wrong.append("more outputs than expected")
            found.append((case, "; ".join(filter(None, wrong))))
        return found

    def compare_folded(self):
        """The same, of what coremltools itself computes of constants, where it does."""
        found = []

        def body(zeros):
            for case in self.cases:
                if case.folded:
                    inputs = copy.deepcopy(case.inputs)  # coremltools 9.0 writes to the input of thresholded_relu
                    results = listed(getattr(mb, case.op)(**inputs, **case.constants))
                    pairs = [(r.val, want) for r, want in zip(results, listed(case.expected)) if r.val is not None]
                    wrong = [difference(np.asarray(value, np.asarray(want).dtype), want) for value, want in pairs]
                    if pairs:
                        found.append((case, "; ".join(filter(None, wrong))))
            return mb.identity(x=zeros)

        with quietly():
            function_of(body, {"zeros": mb.TensorSpec((1,))}, self.opset)
        return found


def spec_of(array):
    return mb.TensorSpec(array.shape or (1,), dtype=types.fp32 if array.dtype == np.float32 else types.int32)


def host(array, at_least_1d=True):
    """In a type that programs take and give."""
    array = np.asarray(array)
    array = array.astype(np.float32 if array.dtype.kind == "f" else np.int32)
    return np.atleast_1d(array) if at_least_1d else array


def disturbed(kernel):
    """A kernel with a wrong result."""

    def wrong(**operands):
        results = [r + 1 if r.dtype.is_floating_point else ~r for r in listed(kernel(**operands))]
        return tuple(results) if len(results) > 1 else results[0]

    return wrong


def check(report, folder):
    """Of each kernel: its cases hold, and fail when it is wrong."""
    folder, noticed = Path(folder), set()
    for family, opset, cases in all_cases():
        package = Package(family, opset, cases, folder)
        try:
            compared = package.compare()
        except MilError as error:  # all of its cases stop there
            report(f"iOS {opset}: {family}", str(error))
            continue
        for case, wrong in compared:
            report(f"iOS {opset}: {case}", wrong)
        for case, wrong in package.compare_folded():
            report(f"iOS {opset}: {case}, by coremltools", wrong)
        report(f"lint of {package.path.name}", "; ".join(lint(package.path)))
        for op in {case.op for case in cases} - noticed:
            kernel = KERNELS[op]
            KERNELS[op] = disturbed(kernel)
            try:
                if any(wrong for case, wrong in package.compare() if case.op == op):
                    noticed.add(op)
            except MilError:  # where another operation cannot take the wrong result
                noticed.add(op)
            finally:
                KERNELS[op] = kernel
    for op in sorted(set(KERNELS) - noticed):
        report(f"a wrong {op}", "no case fails")
