"""Convolutions, in one to three dimensions."""

import torch.nn.functional as F

from ..values import along, ints, scalar
from .windows import padded, window_padding


def conv(x, weight, bias=None, strides=None, pad_type="valid", pad=None, dilations=None, groups=1):
    spatial = x.ndim - 2
    strides = ints(strides) or [1] * spatial
    dilations = ints(dilations) or [1] * spatial
    pairs = window_padding(pad_type, pad, x.shape[2:], weight.shape[2:], strides, dilations)
    run = (F.conv1d, F.conv2d, F.conv3d)[spatial - 1]
    return run(padded(x, pairs), weight, bias, strides, 0, dilations, scalar(groups))


def conv_transpose(x, weight, bias=None, pad=None, output_shape=None, pad_type="valid", strides=None, dilations=None, groups=1):
    """The whole sum first, which then is cut at its edges: by `pad`, and at the end as `output_shape` says."""
    spatial = x.ndim - 2
    strides = ints(strides) or [1] * spatial
    dilations = ints(dilations) or [1] * spatial
    run = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[spatial - 1]
    y = run(x, weight, None, strides, 0, 0, scalar(groups), dilations)
    if pad_type == "same":
        wanted = [n * s for n, s in zip(x.shape[2:], strides)]
        extra = [max(0, full - n) for full, n in zip(y.shape[2:], wanted)]
        pairs = [(e // 2, e - e // 2) for e in extra]
    else:
        pairs = window_padding(pad_type, pad, x.shape[2:], weight.shape[2:], strides, dilations)
    for d, (before, after) in enumerate(pairs):
        size = y.shape[2 + d] - before - after
        if output_shape is not None:
            size = ints(output_shape)[2 + d]
        y = y.narrow(2 + d, before, min(size, y.shape[2 + d] - before))
        if y.shape[2 + d] < size:  # output padding: positions that no input reaches
            grow = [(0, 0)] * spatial
            grow[d] = (0, size - y.shape[2 + d])
            y = padded(y, grow)
    return y if bias is None else y + along(bias, 1, y.ndim)


KERNELS = {"conv": conv, "conv_transpose": conv_transpose}
