"""Integers that stand for floats, and weights that are stored packed."""

import math

import numpy as np
import torch

from ..values import DTYPES, along, ints, scalar
from .elementwise import cast

RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int4": (-8, 7), "uint4": (0, 15)}


def quantize(input, scale, output_dtype, zero_point=None, axis=None):
    axis = scalar(axis, 0)
    y = torch.round(input / along(scale, axis, input.ndim))
    if zero_point is not None:
        y = y + along(zero_point, axis, input.ndim).to(y.dtype)
    low, high = RANGES[output_dtype]
    return y.clamp(low, high).to(DTYPES[output_dtype])


def dequantize(input, scale, zero_point=None, axis=None):
    axis = scalar(axis, 0)
    y = input.to(torch.float32)
    if zero_point is not None:
        y = y - along(zero_point, axis, input.ndim).to(y.dtype)
    return y * along(scale, axis, input.ndim)


def constexpr_affine_dequantize(quantized_data, zero_point, scale, axis):
    return dequantize(quantized_data, scale, zero_point, axis)


def constexpr_blockwise_shift_scale(data, scale, offset=None):
    y = data.to(torch.float32)
    if offset is not None:
        y = y - of_blocks(offset.to(torch.float32), data.shape)
    return y * of_blocks(scale, data.shape)


def constexpr_lut_to_dense(indices, lut, shape=None, vector_axis=None):
    if shape is not None:  # iOS 16: one table, packed indices
        index = unpack_bits(indices.numpy(), int(math.log2(lut.shape[0])), math.prod(ints(shape)))
        return lut[torch.from_numpy(index)].reshape(ints(shape))
    rank = indices.ndim
    group = [n // tables for n, tables in zip(indices.shape, lut.shape[:rank])]
    table = torch.meshgrid(*[torch.arange(n) // g for n, g in zip(indices.shape, group)], indexing="ij")
    picked = lut[(*table, indices.to(torch.int64))]  # [..., size of a vector]
    if picked.shape[-1] == 1:
        return picked.squeeze(-1)
    axis = scalar(vector_axis, rank - 1) % rank
    return picked.movedim(-1, axis + 1).flatten(axis, axis + 1)


def constexpr_sparse_to_dense(nonzero_data, mask, shape=None):
    if shape is not None:  # iOS 16: a packed mask
        mask = torch.from_numpy(unpack_bits(mask.numpy(), 1, math.prod(ints(shape)))).reshape(ints(shape))
    y = torch.zeros(mask.shape, dtype=nonzero_data.dtype)
    y[mask.bool()] = nonzero_data
    return y


def constexpr_sparse_blockwise_shift_scale(data_mask, nonzero_data, scale, offset=None):
    keep = data_mask.bool()
    y = nonzero_data.to(torch.float32)
    if offset is not None:
        y = y - of_blocks(offset.to(torch.float32), keep.shape)[keep]
    return data_mask, y * of_blocks(scale, keep.shape)[keep]


def constexpr_lut_to_sparse(indices_mask, indices_nonzero_data, lut, vector_axis=None):
    keep = indices_mask.bool()
    index = torch.zeros(keep.shape, dtype=torch.int64)
    index[keep] = indices_nonzero_data.to(torch.int64)
    dense = constexpr_lut_to_dense(index, lut, vector_axis=vector_axis)
    if dense.shape != keep.shape:
        axis = scalar(vector_axis, keep.ndim - 1)
        keep = keep.repeat_interleave(dense.shape[axis] // keep.shape[axis], dim=axis)
    return keep.to(indices_mask.dtype), dense[keep]


def constexpr_cast(source_val, output_dtype):
    return cast(source_val, output_dtype)


def unpack_bits(data, bits, count):
    """The first `count` numbers of `bits` bits each; the first is in the lowest bits."""
    flat = np.unpackbits(np.asarray(data, np.uint8).reshape(-1), bitorder="little")
    flat = flat[: count * bits].reshape(count, bits)
    return (flat << np.arange(bits, dtype=np.uint8)).sum(axis=1).astype(np.int64)


def of_blocks(values, shape):
    """A tensor of one value a block, in the full shape."""
    for axis, n in enumerate(shape):
        if values.shape[axis] not in (1, n):  # one block, or blocks of one: they broadcast
            values = values.repeat_interleave(n // values.shape[axis], dim=axis)
    return values.expand(shape)


KERNELS = {
    "quantize": quantize,
    "dequantize": dequantize,
    "constexpr_affine_dequantize": constexpr_affine_dequantize,
    "constexpr_blockwise_shift_scale": constexpr_blockwise_shift_scale,
    "constexpr_lut_to_dense": constexpr_lut_to_dense,
    "constexpr_sparse_to_dense": constexpr_sparse_to_dense,
    "constexpr_sparse_blockwise_shift_scale": constexpr_sparse_blockwise_shift_scale,
    "constexpr_lut_to_sparse": constexpr_lut_to_sparse,
    "constexpr_cast": constexpr_cast,
}
