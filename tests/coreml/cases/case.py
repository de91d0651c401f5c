"""One operation with operands, and what it gives: by NumPy's or PyTorch's own function, or written out by its definition."""

import zlib
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """`inputs` become inputs of a program, `constants` constants of it; a list of arrays is a list operand. `expected`: an array, or a
    tuple of those. `opsets`: the first and the last version of iOS whose operation this is."""

    op: str
    inputs: dict
    constants: dict
    expected: Any
    opsets: tuple
    folded: bool

    def __str__(self):
        shapes = [f"{name}={shape_of(array)}" for name, array in self.inputs.items()]
        return f"{self.op}({', '.join(shapes + [f'{name}={shape_of(value)}' for name, value in self.constants.items()])})"


def case(op, inputs, expected, since=15, until=18, folded=True, **constants):
    """`folded`: False where coremltools' own evaluation of constants is wrong, with the reason beside it."""
    return Case(op, inputs, constants, expected, (since, until), folded)


def shape_of(value):
    """Large arrays by their shape, all else as it is."""
    if isinstance(value, list):
        return [shape_of(v) for v in value]
    if isinstance(value, np.ndarray):
        return f"array{value.shape}" if value.size > 8 else value.tolist()
    return value


def numbers(*shape, salt=0):
    """Normally distributed floats, the same for the same arguments."""
    return np.random.default_rng([*shape, salt]).standard_normal(shape).astype(np.float32)


def integers(low, high, *shape):
    seed = zlib.crc32(repr((low, high, shape)).encode())
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.int32)
