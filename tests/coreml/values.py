"""Operands of operations as Python and PyTorch hold them."""

import numpy as np
import torch


class MilError(Exception):
    """A program that cannot be run, or not with these inputs."""


# Types that PyTorch lacks are held in a wider one: it has few kernels for wide unsigned numbers and none for packed ones.
DTYPES = {
    "fp16": torch.float16,
    "fp32": torch.float32,
    "bool": torch.bool,
    "int4": torch.int8,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "uint1": torch.uint8,
    "uint2": torch.uint8,
    "uint3": torch.uint8,
    "uint4": torch.uint8,
    "uint6": torch.uint8,
    "uint8": torch.uint8,
    "uint16": torch.int32,
    "uint32": torch.int64,
}


def ints(value):
    """A shape-like operand as a list of Python's ints; None stays None."""
    return None if value is None else [int(v) for v in np.asarray(value).reshape(-1)]


def scalar(value, default=None):
    return default if value is None else np.asarray(value).reshape(-1)[0].item()


def axes_of(value, rank):
    """The axes that an operand names, none of them negative; all, where there is no operand."""
    found = ints(value)
    return list(range(rank)) if found is None else [a % rank for a in found]


def along(values, axis, rank):
    """A vector in the shape that broadcasts along one axis; scalars and None stay as they are."""
    if values is None or values.ndim == 0:
        return values
    shape = [1] * rank
    shape[axis % rank] = -1
    return values.reshape(shape)


def from_numpy(array):
    """A tensor of this array's values, without a copy where PyTorch has the type and the array may be written to."""
    array = np.asarray(array)
    if array.dtype in (np.uint16, np.uint32, np.uint64):
        array = array.astype(np.int64)
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)
