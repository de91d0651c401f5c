"""Tensors made from little: constants, ranges, shapes, running sums."""

import torch

from ..values import ints, scalar


def fill(shape, value=0.0):
    return torch.as_tensor(value).reshape([1] * len(ints(shape))).expand(ints(shape)).clone()


def fill_like(ref_tensor, value=0.0):
    return fill(ref_tensor.shape, value)


def range_1d(end, start, step):
    kind = torch.float32 if torch.as_tensor(start).is_floating_point() else torch.int32
    return torch.arange(scalar(start), scalar(end), scalar(step), dtype=kind)


def shape(x):
    return torch.tensor(x.shape, dtype=torch.int32)


def one_hot(indices, one_hot_vector_size, axis=-1, on_value=1, off_value=0):
    hot = indices.unsqueeze(-1) == torch.arange(scalar(one_hot_vector_size))
    y = torch.where(hot, torch.as_tensor(on_value), torch.as_tensor(off_value))
    return y.movedim(-1, scalar(axis) % y.ndim)


def non_zero(x):
    return torch.nonzero(x).to(torch.int32)


def cumsum(x, axis=0, exclusive=False, reverse=False):
    axis = scalar(axis)
    y = x.flip(axis) if scalar(reverse) else x
    total = y.cumsum(axis)
    if scalar(exclusive):
        total = total - y
    return (total.flip(axis) if scalar(reverse) else total).to(x.dtype)


KERNELS = {
    "fill": fill,
    "fill_like": fill_like,
    "range_1d": range_1d,
    "shape": shape,
    "one_hot": one_hot,
    "non_zero": non_zero,
    "cumsum": cumsum,
}
