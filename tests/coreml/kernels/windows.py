"""Padding of convolution and pooling windows."""

import math

import torch.nn.functional as F

from ..values import MilError, ints


def window_padding(pad_type, pad, size, kernel, stride, dilation):
    """[(before, after)] for every spatial dimension of a window."""
    if pad_type == "valid":
        return [(0, 0)] * len(size)
    if pad_type == "custom":
        pad = ints(pad) or [0] * 2 * len(size)
        return list(zip(pad[::2], pad[1::2]))
    if pad_type not in ("same", "same_lower"):
        raise MilError(f"unknown pad_type {pad_type!r}")
    pairs = []
    for n, k, s, d in zip(size, kernel, stride, dilation):
        total = max(0, (math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n)
        small, large = total // 2, total - total // 2
        pairs.append((small, large) if pad_type == "same" else (large, small))
    return pairs


def padded(x, pairs, value=0.0):
    """x with (before, after) more elements in each of its last dimensions."""
    flat = [n for pair in reversed(pairs) for n in pair]
    return F.pad(x, flat, value=value) if any(flat) else x
