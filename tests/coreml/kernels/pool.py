"""Pooling, in one to three dimensions."""

import math

import torch
import torch.nn.functional as F

from ..values import ints, scalar
from .windows import padded, window_padding


def windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode):
    """(sizes, strides, padding, what ceil_mode adds at the end of each dimension)."""
    kernel_sizes = ints(kernel_sizes)
    strides = ints(strides) or [1] * len(kernel_sizes)
    pairs = window_padding(pad_type, pad, x.shape[2:], kernel_sizes, strides, [1] * len(kernel_sizes))
    extra = []
    for n, k, s, (before, after) in zip(x.shape[2:], kernel_sizes, strides, pairs):
        total = n + before + after
        out = (total - k) // s + 1
        if scalar(ceil_mode, False):
            out = (total - k + s - 1) // s + 1
            if (out - 1) * s >= n + before and (before > 0 or after > 0):
                out -= 1  # no window starts in the padding
        extra.append((0, max(0, (out - 1) * s + k - total)))
    return kernel_sizes, strides, pairs, extra


def max_pool(x, kernel_sizes, pad_type, strides=None, pad=None, ceil_mode=False):
    size, strides, pairs, extra = windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    x = padded(padded(x, pairs, -math.inf), extra, -math.inf)
    return (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.ndim - 3](x, size, strides)


def avg_pool(x, kernel_sizes, pad_type, strides=None, pad=None, ceil_mode=False, exclude_padding_from_average=False):
    """The mean of ones says which part of a window counts: never what ceil_mode added, padding only as the operand says."""
    size, strides, pairs, extra = windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode)
    run = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.ndim - 3]
    ones = padded(torch.ones_like(x[:1, :1]), pairs, 0.0 if scalar(exclude_padding_from_average) else 1.0)
    x, ones = padded(padded(x, pairs), extra), padded(ones, extra)
    return run(x, size, strides) / run(ones, size, strides)


KERNELS = {"max_pool": max_pool, "avg_pool": avg_pool}
